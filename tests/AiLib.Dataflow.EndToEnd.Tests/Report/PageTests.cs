using System.Globalization;
using System.Xml.Linq;
using AiLib.Dataflow.Batch.Export;
using AiLib.Dataflow.Cli.Recording;
using AiLib.Dataflow.Cli.Report;
using AiLib.Dataflow.EndToEnd.Tests.Recording;

namespace AiLib.Dataflow.EndToEnd.Tests.Report;

public sealed class PageTests
{
    private static readonly string[] Hostile =
    [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</title><script>", "]]>", "<!--", "&lt;&#0;", "\u001b]52;c;aGk=\u0007", "\u202Egnp.exe", "\0\uFFFF\ud800",
        "https://evil.example/x.png", "'onmouseover='alert(1)", "{{7*7}}", "</style><style>*{background:url(//evil.example)}", new string('W', 100_000),
    ];

    [Fact]
    public void Whatever_ids_and_messages_say_the_page_is_well_formed_and_has_our_elements_only()
    {
        XDocument plain = Parse(ReportPage.Of(Picture("a question", "a message")));
        foreach (string text in Hostile)
        {
            XDocument page = Parse(ReportPage.Of(Picture(text, text)));

            Assert.Equal(Names(plain), Names(page), StringComparer.Ordinal);
            Assert.Equal(
                plain.Descendants().SelectMany(element => element.Attributes()).Select(attribute => attribute.Name.LocalName),
                page.Descendants().SelectMany(element => element.Attributes()).Select(attribute => attribute.Name.LocalName),
                StringComparer.Ordinal);
        }
    }

    [Fact]
    public void It_runs_nothing_and_loads_nothing()
    {
        foreach (string text in Hostile)
        {
            XDocument page = Parse(ReportPage.Of(Picture(text, text)));
            string[] elements = [.. page.Descendants().Select(element => element.Name.LocalName).Distinct(StringComparer.Ordinal)];

            Assert.Empty(elements.Intersect(["script", "link", "img", "iframe", "object", "embed", "base", "form", "a", "image", "use", "video", "audio"], StringComparer.Ordinal));
            Assert.DoesNotContain(page.Descendants().Attributes(), attribute =>
                attribute.Name.LocalName is "href" or "src" or "srcset" or "action" || attribute.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase));
            string style = Assert.Single(page.Descendants("style")).Value + string.Concat(page.Descendants().Attributes("style").Select(attribute => attribute.Value));
            Assert.DoesNotContain("url(", style, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("@import", style, StringComparison.OrdinalIgnoreCase);
            Assert.Contains(page.Descendants("meta").Attributes("content"), content => content.Value.StartsWith("default-src 'none'", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void It_says_where_the_time_went_as_shares_and_what_was_spent()
    {
        RunRecord run = Samples.Run(points: 30);
        JobPicture picture = Picture("a", "b") with { Totals = null };
        string interrupted = string.Concat(Parse(ReportPage.Of(picture with { Runs = [run with { End = "interrupted" }] })).Descendants("main").Single().Value);
        string completed = string.Concat(Parse(ReportPage.Of(picture with { Runs = [run] })).Descendants("main").Single().Value);
        string old = ReportPage.Of(picture with { Runs = [run with { Constraints = default, Spend = null, Targets = [], Points = [] }] });

        // The names, the share and the time, in the order of their shares.
        Assert.Contains("The run waited forof the timetimewhat that meansrequest credits70 %21 s", interrupted, StringComparison.Ordinal);
        Assert.Matches("answers20 %6.0 s.*requests to be read10 %3.0 s", interrupted);
        Assert.Contains("request credits (70 %)", interrupted, StringComparison.Ordinal);
        Assert.Contains("$0.375spent, $0.03 of it estimated$2.50expected in the end", interrupted, StringComparison.Ordinal);
        Assert.DoesNotContain("in the end", completed, StringComparison.Ordinal);
        Assert.DoesNotContain("The run waited for", old, StringComparison.Ordinal);
        Assert.DoesNotContain("spent", old, StringComparison.Ordinal);
    }

    [Fact]
    public void The_style_stands_in_the_page_as_it_is() =>
        // A browser does not read entities there.
        Assert.Equal(-1, ReportStyle.Css.AsSpan().IndexOfAny("<>&"));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(480)]
    public void However_long_the_run_the_page_stays_small_and_every_number_in_a_picture_is_one(int points)
    {
        string page = ReportPage.Of(Picture("a", "b") with { Runs = [Samples.Run(points)] });

        Assert.InRange(page.Length, 5_000, 250_000);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        Assert.DoesNotContain("∞", page, StringComparison.Ordinal);
        XDocument document = Parse(page);
        Assert.Equal(points > 0 ? 8 : 0, document.Descendants("svg").Count());
        Assert.All(document.Descendants("path").Attributes("d"), path => Assert.Matches("^(M[-0-9. LMhZ]+)?$", path.Value));
        foreach (XElement rectangle in document.Descendants("rect"))
        {
            Assert.InRange(double.Parse(rectangle.Attribute("width")!.Value, CultureInfo.InvariantCulture), 0.1, 720);
        }
    }

    [Fact]
    public void A_chart_draws_each_value_where_it_belongs_and_leaves_gaps()
    {
        XElement chart = new Chart([10, 20, 30, 40], Figures.Short).Lines("t", new ChartLine("n", "blue", [0, 100, null, 50]));

        string path = chart.Descendants("path").Single().Attribute("d")!.Value;

        // 52 to 552 are 40 seconds, 156 to 10 are 0 to 100.
        Assert.Equal("M114.5 156L239.5 10M489.5 83h0.1", path);
        Assert.Equal(["0", "25", "50", "75", "100"], chart.Descendants("text").Where(text => text.Attribute("class")!.Value == "y").Select(text => text.Value), StringComparer.Ordinal);
        Assert.Equal(["0 s", "5 s", "10 s", "15 s", "20 s", "25 s", "30 s", "35 s", "40 s"], chart.Descendants("text").Where(text => text.Attribute("class")!.Value != "y").Select(text => text.Value), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(0.0003)]
    [InlineData(1.0)]
    [InlineData(7.3)]
    [InlineData(99.99)]
    [InlineData(1e15)]
    public void A_grid_has_few_round_lines_and_reaches_the_largest_value(double largest)
    {
        IReadOnlyList<double> grid = Axis.Values(largest);

        Assert.InRange(grid.Count, 2, 6);
        Assert.Equal(0, grid[0]);
        Assert.True(grid[^1] >= largest * 0.999999);
        Assert.True(largest <= 0 || grid[^1] <= largest * 2.6);
    }

    [Theory]
    [InlineData(0.25)]
    [InlineData(60.0)]
    [InlineData(5_400.0)]
    [InlineData(86_400.0)]
    [InlineData(3_000_000.0)]
    public void Times_are_few_and_each_has_a_name_of_its_own(double seconds)
    {
        IReadOnlyList<(double Seconds, string Text)> times = Axis.Times(seconds);

        Assert.InRange(times.Count, 1, 9);
        Assert.Equal(times.Count, times.Select(time => time.Text).Distinct(StringComparer.Ordinal).Count());
        Assert.All(times, time => Assert.True(time.Seconds <= seconds));
    }

    [Fact]
    public void Numbers_are_read_at_a_glance()
    {
        Assert.Equal(
            ["0", "0.005", "9.99", "12.3", "999", "9,999", "12 k", "1.5 M", "2 G"],
            new[] { 0, 0.005, 9.99, 12.3, 999, 9_999, 12_000, 1_500_000, 2e9 }.Select(Figures.Short),
            StringComparer.Ordinal);
        Assert.Equal(["0.5 s", "59 s", "2 min 05 s", "1 h 01 min", "3 d 04 h"], new[] { 0.5, 59, 125, 3_660, 273_600.0 }.Select(Figures.Duration), StringComparer.Ordinal);
        Assert.Equal(["0 %", "< 0.1 %", "2.5 %", "50 %", "100 %"], new[] { 0, 0.0001, 0.025, 0.5, 1 }.Select(Figures.Share), StringComparer.Ordinal);
    }

    private static JobPicture Picture(string id, string message)
    {
        RunRecord run = Samples.Run(points: 30);
        TargetRecord target = run.Targets[0] with { Target = id };
        return new JobPicture(
            id,
            new DateTimeOffset(2026, 11, 25, 21, 0, 0, TimeSpan.Zero),
            new BatchTotals
            {
                Answered = 1_000,
                Failed = 3,
                Copies = 0,
                Unreadable = 0,
                AnswersWithTokens = 1_000,
                InputTokens = 123_456,
                OutputTokens = 654_321,
                AnswersWithCost = 900,
                CostUsd = 1.25m,
                AnsweredBy = new Dictionary<string, long>(StringComparer.Ordinal) { [id] = 1_000 },
                AttemptsOfAnswers = new Dictionary<long, long> { [1] = 900, [2] = 100 },
                Latency = (TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(900), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3)),
                ErrorKinds = [new BatchErrorKind { Status = 400, Code = message, Count = 3, Examples = [new BatchErrorExample { CustomId = id, Message = message, Target = id }] }],
            },
            [Samples.Run(points: 3), run with { Reason = message, End = "stopped_early", Targets = [target], Settings = [new SettingRecord(id, message)] }],
            [message]);
    }

    private static XDocument Parse(string page)
    {
        Assert.StartsWith("<!DOCTYPE html>\n<html", page, StringComparison.Ordinal);
        return XDocument.Parse(page["<!DOCTYPE html>".Length..]);
    }

    private static IEnumerable<string> Names(XDocument page) => page.Descendants().Select(element => element.Name.LocalName);
}
