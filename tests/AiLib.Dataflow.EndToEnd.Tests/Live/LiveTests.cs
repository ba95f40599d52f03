using AiLib.Dataflow.Batch;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Cli.Binding;
using AiLib.Dataflow.Cli.Live;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.Cli.Terminal;
using AiLib.Dataflow.EndToEnd.Tests.Recording;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.EndToEnd.Tests.Live;

public sealed class LiveTests
{
    private static readonly BatchInputOptions All = new();
    private static readonly RunSettings Settings = new() { Input = "in.jsonl" };

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(200)]
    public void It_is_redrawn_in_place_at_any_width_and_messages_stay_above_it(int columns)
    {
        FakeScreen screen = new() { Columns = columns, Rows = 40 };
        using TerminalWriter terminal = new(screen, () => (screen.Columns, screen.Rows), isInteractive: true);
        LiveView view = new(Settings, new ErrorBoard());
        for (int second = 1; second <= 30; second++)
        {
            terminal.ShowStatus(Draw(view, second, terminal.Columns));
            if (second % 10 == 0)
            {
                terminal.Say($"message {second}");
            }
        }

        string[] text = screen.Text;

        Assert.Equal(["message 10", "message 20", "message 30"], text.Take(3), StringComparer.Ordinal);
        Assert.All(text, row => Assert.InRange(DisplayWidth.Of(row), 0, columns - 1));
        Assert.Single(text, row => row.Contains("30 %", StringComparison.Ordinal));
        Assert.Contains(text, row => row.Contains("answered 300", StringComparison.Ordinal));
        Assert.DoesNotContain(text, row => row.Contains("answered 290", StringComparison.Ordinal));
        terminal.ClearStatus();
        Assert.Equal(["message 10", "message 20", "message 30"], screen.Text, StringComparer.Ordinal);
    }

    [Fact]
    public void What_the_world_outside_says_is_cut_by_what_it_takes_on_the_screen_and_obeyed_by_nobody()
    {
        foreach (string text in (string[])["\u001b]52;c;aGk=\u0007\u001b[2J", "\r\n\r\n", new string('漢', 300), string.Concat(Enumerable.Repeat("😀", 300)), "e\u0301\u0301\u0301" + new string('x', 300), "\u202Egnp", "\u009b5A"])
        {
            FakeScreen screen = new() { Columns = 50, Rows = 30 };
            using TerminalWriter terminal = new(screen, () => (screen.Columns, screen.Rows), isInteractive: true);
            ErrorBoard errors = new();
            errors.Note(OutcomeKind.Throttled, text);
            LiveView view = new(Settings, errors);
            for (int second = 1; second <= 5; second++)
            {
                terminal.ShowStatus(Draw(view, second, terminal.Columns, lastFailure: text));
            }

            Assert.All(screen.Text, row => Assert.InRange(DisplayWidth.Of(row), 0, 49));
            Assert.Single(screen.Text, row => row.StartsWith("throttled 0  ", StringComparison.Ordinal));
            Assert.Single(screen.Text, row => row.StartsWith("given up  ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_terminal_of_few_rows_shows_the_first_lines_and_never_scrolls_them_away()
    {
        FakeScreen screen = new() { Columns = 80, Rows = 5 };
        using TerminalWriter terminal = new(screen, () => (screen.Columns, screen.Rows), isInteractive: true);
        LiveView view = new(Settings, new ErrorBoard());

        terminal.ShowStatus(Draw(view, 1, terminal.Columns));

        Assert.Equal(3, screen.Text.Length);
    }

    [Fact]
    public void Time_left_follows_the_last_minute_and_not_the_mean()
    {
        RecentRate rate = new(1);
        long settled = 0;
        for (int second = 0; second <= 600; second++)
        {
            // Ten minutes: fast at first, then a limit of one a second.
            settled += second < 300 ? 100 : 1;
            rate.Add(TimeSpan.FromSeconds(second), settled);
        }

        Forecast forecast = Forecast.Of(
            new BatchJobCounts { Answered = settled, LinesRead = 40_000, BytesRead = 40_000, InputBytes = 40_000 }, All, rate.Of(0), rate.Span);

        Assert.Equal(1, rate.Of(0));
        Assert.InRange(rate.Span.TotalSeconds, 59, 61);
        Assert.Equal(40_000 - settled, forecast.Left!.Value.TotalSeconds);
        Assert.True(forecast.IsExact);
    }

    [Fact]
    public void The_total_is_estimated_from_bytes_capped_by_a_limit_and_not_made_up()
    {
        BatchJobCounts half = new() { Answered = 40, LinesRead = 50, BytesRead = 5_000, InputBytes = 10_000 };
        TimeSpan span = TimeSpan.FromSeconds(30);

        Assert.Equal((100L, false, 0.4, 6.0), (Of(All).Total, Of(All).IsExact, Of(All).Share, Of(All).Left!.Value.TotalSeconds));
        Assert.Equal(60, Of(new BatchInputOptions { Limit = 60 }).Total);
        Assert.Null(Of(new BatchInputOptions { ShuffleSeed = 1 }).Total);
        Assert.Equal(70, Of(new BatchInputOptions { ShuffleSeed = 1, SampleCount = 70 }).Total);
        Assert.Null(Forecast.Of(half, All, 10, TimeSpan.FromSeconds(1)).Left);
        Assert.Null(Forecast.Of(half, All, 0, span).Left);
        Assert.Equal(40, Forecast.Of(half with { LinesRead = 10, BytesRead = 9_999 }, All, 10, span).Total);
        Assert.Null(Forecast.Of(half with { InputBytes = 0 }, All, 10, span).Total);

        Forecast Of(BatchInputOptions input) => Forecast.Of(half, input, 10, span);
    }

    [Fact]
    public void All_that_is_promised_is_on_a_screen_of_80_by_24_and_on_one_of_40_columns()
    {
        foreach (int columns in (int[])[80, 40])
        {
            FakeScreen screen = new() { Columns = columns, Rows = 24 };
            using TerminalWriter terminal = new(screen, () => (screen.Columns, screen.Rows), isInteractive: true);
            ErrorBoard errors = new();
            errors.Note(OutcomeKind.Throttled, "Rate limit reached");
            LiveView view = new(Settings with { Budget = 5, Deadline = TimeSpan.FromMinutes(10) }, errors);
            RunWatch watch = new(Settings, [new AskedLimits { Place = "openai/gpt-4o-mini", Requests = [new AskedLimit("--rpm", 900)] }]);
            for (int second = 1; second <= 30; second++)
            {
                SignalsSnapshot now = Samples.Moment(attempts: 12 * second, inFlight: 7, limit: 50, waiting: 3, delayed: 2, constraints: Samples.Bound(second, 0.8, 0.2));
                BatchJobCounts counts = Counts(second) with { Spend = new BatchSpend(0.01m * second, 0.5m, 0, 0) };
                now = now with { Retries = 31, Redirects = 4, Targets = [now.Targets[0] with { RequestLimitPerMinute = 900, TokenLimitPerMinute = 199_000 }] };
                terminal.ShowStatus(view.Lines(watch.Look(TimeSpan.FromSeconds(second), counts, now, "an answer that is none"), terminal.Columns));
            }

            string text = string.Join(' ', screen.Text.Select(row => row.Trim()));

            Assert.InRange(screen.Text.Length, 10, 22);
            foreach (string promised in (string[])
            [
                "30 %", "300 of 1,000", "0:01:10 left", "10/s", "answered 300", "stops in 0:09:30", "waits for request credits of openai/gpt-4o-mini (80 %): raise --rpm", "in flight 7 of 50",
                "to retry 2", "retries 31", "redirects 4", "429s 0", "tokens in 15 k, 500/s", "quota: 720 of 900 requests/min", "84 k of 200 k tokens/min", "spent $0.80 of $5.00", "about $1.50 in the end",
                "openai/gpt-4o-mini  circuit closed", "throttled 0  Rate limit reached", "given up  an answer that is none",
            ])
            {
                Assert.Contains(promised, text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Without_a_price_a_quota_or_a_deadline_nothing_is_said_of_them()
    {
        LiveView view = new(Settings, new ErrorBoard());
        string text = string.Concat(Draw(view, 30, 79).SelectMany(line => line).Select(part => part.Text));

        foreach (string absent in (string[])["spent", "$", "quota", "stops in"])
        {
            Assert.DoesNotContain(absent, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Words_are_wrapped_and_none_is_lost()
    {
        const string Words = "request credits of a target whose name is longer than any line of this terminal is wide";
        for (int columns = 20; columns <= 120; columns += 7)
        {
            IReadOnlyList<StatusPart>[] lines = [.. StatusLines.Wrap(columns, "waits for ", Words)];

            Assert.All(lines, line => Assert.InRange(line.Sum(part => DisplayWidth.Of(part.Text)), 1, columns));
            Assert.Equal("waits for " + Words, string.Join(' ', lines.Select(line => string.Concat(line.Select(part => part.Text)).Trim())));
        }
    }

    [Fact]
    public void A_window_that_got_narrower_wraps_what_stands_there_and_so_many_rows_are_gone_up()
    {
        StatusBlock block = new();
        block.Draw([[new StatusPart(new string('x', 99))], [new StatusPart("short")], []], columns: 100, rows: 24);

        // 99 columns take three rows of 40; the others one each.
        Assert.Equal("\r\u001b[5A\u001b[J", block.Erase(40));
        Assert.Equal("", block.Erase(40));
    }

    private readonly RunWatch _watch = new(Settings, []);

    private static BatchJobCounts Counts(int second) => new()
    {
        Answered = 10 * second,
        LinesRead = 1_000,
        BytesRead = 100_000,
        InputBytes = 100_000,
        InputTokens = 500 * second,
        OutputTokens = 900 * second,
    };

    private IReadOnlyList<IReadOnlyList<StatusPart>> Draw(LiveView view, int second, int columns, string? lastFailure = null) => view.Lines(
        _watch.Look(
            TimeSpan.FromSeconds(second),
            Counts(second),
            Samples.Moment(attempts: 12 * second, inFlight: 7, limit: 50, waiting: 3, delayed: 2, circuit: CircuitState.HalfOpen),
            lastFailure),
        columns);
}
