using System.Diagnostics;
using AiLib.Dataflow.Cli.Report;
using AiLib.Dataflow.EndToEnd.Tests.Recording;

namespace AiLib.Dataflow.EndToEnd.Tests.Report;

/// <summary>A real browser draws the page, where one is installed.</summary>
public sealed class BrowserTests
{
    private static readonly string[] Browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    [Fact]
    public async Task A_browser_draws_the_page_and_finds_nothing_wrong_with_it()
    {
        string? browser = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(directory => Browsers.Select(name => Path.Combine(directory, name))).FirstOrDefault(File.Exists);
        Assert.SkipWhen(browser is null, "No Chromium is installed: the page is checked as XML only.");
        using Workspace workspace = Workspace.With(0);
        JobPicture picture = new("in.jsonl", new DateTimeOffset(2026, 11, 25, 21, 0, 0, TimeSpan.Zero), Totals: null, [Samples.Run(points: 120)], []);
        await File.WriteAllTextAsync(workspace["page.html"], ReportPage.Of(picture));

        string dom = await RunAsync(browser, workspace, "--dump-dom");
        await RunAsync(browser, workspace, $"--screenshot={workspace["page.png"]}");
        await RunAsync(browser, workspace, $"--print-to-pdf={workspace["page.pdf"]}");

        // What the parser of a browser made of it: every chart, in its section, and the last words of the page inside of the body.
        Assert.Equal(8, dom.Split("<svg").Length - 1);
        Assert.EndsWith("</footer></main></body></html>", dom.Replace("\n", "", StringComparison.Ordinal).Trim(), StringComparison.Ordinal);
        Assert.InRange(new FileInfo(workspace["page.png"]).Length, 20_000, 5_000_000);
        Assert.InRange(new FileInfo(workspace["page.pdf"]).Length, 5_000, 5_000_000);
    }

    private static async Task<string> RunAsync(string browser, Workspace workspace, string what)
    {
        ProcessStartInfo start = new(browser) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in (string[])["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", $"--user-data-dir={workspace["profile"]}", "--window-size=1200,1600", what, new Uri(workspace["page.html"]).AbsoluteUri])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(process.ExitCode == 0, await error);
        return output;
    }
}
