namespace AiLib.Dataflow.EndToEnd.Tests.Report;

public sealed class ReportCommandTests
{
    [Fact]
    public async Task A_run_makes_its_page_and_report_makes_it_again_from_input_or_results()
    {
        using Workspace workspace = Workspace.With(80);
        Ended run = await Ailib.RunAsync(
            workspace.Path, "run", "in.jsonl", "--target", "simulator", "--faults", "429=0.2,500=0.1", "--max-retries", "1", "--seed", "4", "--latency", "10ms", "--report", "page.html", "--max-failures", "1");
        Ended ofInput = await Ailib.RunAsync(workspace.Path, "report", "in.jsonl", "-o", "input.html");
        Ended ofResults = await Ailib.RunAsync(workspace.Path, "report", "in.results.jsonl");
        Ended again = await Ailib.RunAsync(workspace.Path, "report", "in.results.jsonl", "-o", "-");

        Assert.Equal((1, 0, 0, 0), (run.ExitCode, ofInput.ExitCode, ofResults.ExitCode, again.ExitCode));
        int answered = Workspace.Ids(workspace.Results).Length;
        int failed = Workspace.Ids(workspace.Errors).Length;
        Assert.Equal(80, answered + failed);
        string[] pages = [await File.ReadAllTextAsync(workspace["page.html"]), await File.ReadAllTextAsync(workspace["input.html"]), await File.ReadAllTextAsync(workspace["in.report.html"]), again.Output];
        Assert.All(pages, page =>
        {
            Assert.Contains($"<title>in.jsonl: {answered} answered, {failed} failed</title>", page, StringComparison.Ordinal);
            Assert.Contains("<h2>Over time</h2>", page, StringComparison.Ordinal);
            Assert.Contains("<h2>Errors by kind</h2>", page, StringComparison.Ordinal);
        });
        Assert.Contains("Report:  page.html", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_the_files_alone_it_says_what_it_cannot_know()
    {
        using Workspace workspace = Workspace.With(5);
        await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator");
        File.Delete(workspace.Results + ".runs");
        File.Delete(workspace.Input);
        await File.AppendAllTextAsync(workspace.Results, "{\"id\":\"batch_req_torn");

        Ended ended = await Ailib.RunAsync(workspace.Path, "report", "in.results.jsonl", "-o", "-");

        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("5 answered, 0 failed", ended.Output, StringComparison.Ordinal);
        Assert.Contains("There is no record of runs", ended.Output, StringComparison.Ordinal);
        Assert.Contains("1 lines could not be read", ended.Output, StringComparison.Ordinal);
        Assert.Contains("No errors file was found", ended.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("<svg", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_there_and_no_report_is_never_written_over()
    {
        using Workspace workspace = Workspace.With(2);

        Ended overInput = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator", "--report", "in.jsonl");
        Ended nowhere = await Ailib.RunAsync(workspace.Path, "run", "in.jsonl", "--target", "simulator", "--report", "no/such/page.html");
        Ended none = await Ailib.RunAsync(workspace.Path, "report", "in.jsonl");

        Assert.Equal((2, 2, 2), (overInput.ExitCode, nowhere.ExitCode, none.ExitCode));
        Assert.Contains("not a report of this tool", overInput.Error, StringComparison.Ordinal);
        Assert.Contains("make it first", nowhere.Error, StringComparison.Ordinal);
        Assert.Contains("There are no results of 'in.jsonl'", none.Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(workspace.Path));
    }

    [Fact]
    public async Task Ids_and_messages_of_the_world_outside_stay_text_and_keys_do_not_show()
    {
        using Workspace workspace = Workspace.With(0);
        await File.WriteAllTextAsync(
            workspace.Results,
            """{"id":"batch_req_0123456789abcdef","custom_id":"<script>1</script>","ailib":{"target":"<b>t</b>","attempts":1,"latency_ms":12,"input_tokens":3,"output_tokens":4,"cost_usd":0.5},"response":{"status_code":200,"request_id":"","body":{}},"error":null}""" + "\n");
        await File.WriteAllTextAsync(
            workspace.Errors,
            """{"id":"batch_req_0123456789abcdef","custom_id":"\"><img src=x onerror=alert(1)>","response":{"status_code":401,"request_id":"","body":{"error":{"message":"Incorrect API key: sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD <script>","code":"</code>"}}},"error":null}""" + "\n");

        Ended ended = await Ailib.RunAsync(workspace.Path, "report", "in.jsonl", "-o", "-");

        Assert.Equal(0, ended.ExitCode);
        Assert.DoesNotContain("<script", ended.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", ended.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-proj-abc", ended.Output, StringComparison.Ordinal);
        Assert.Contains("HTTP 401: &lt;/code&gt;", ended.Output, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;t&lt;/b&gt;", ended.Output, StringComparison.Ordinal);
        Assert.Contains("$0.50", ended.Output, StringComparison.Ordinal);
    }
}
