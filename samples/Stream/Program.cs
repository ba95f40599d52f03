// A stream of questions through two targets: dotnet run --project samples/Stream
// The first target allows five requests a second and fails now and then; the second one is the fallback.
using AiLib.Dataflow;

await using RequestPipeline<string, string> pipeline = RequestPipeline.CreateBuilder<string, string>()
    .AddTarget("example/fast", AskFastAsync, target =>
    {
        target.RateLimiter.RequestsPerSecond = 5;
        target.Retry.MaxRetries = 1;
        target.Retry.InitialDelay = TimeSpan.FromMilliseconds(100);
    })
    .AddTarget("example/steady", AskSteadyAsync)
    .OnRedirect(move => Console.WriteLine($"  {move.From} → {move.To} after {move.Attempts} attempts: {move.Cause}"))
    .Build();

IAsyncEnumerable<string> questions = Enumerable.Range(1, 12).Select(number => $"question {number}").ToAsyncEnumerable();
await foreach (Settled<string, string> settled in pipeline.RunAsync(questions))
{
    Console.WriteLine(settled.IsAnswered
        ? $"{settled.Outcome.Response} ({settled.Target}, {settled.Attempts} attempts)"
        : $"{settled.Request} failed: {settled.Outcome.Kind}");
}

Console.WriteLine($"{pipeline.Signals.Snapshot().Attempts} attempts in all");

static async ValueTask<string> AskFastAsync(string question, CancellationToken cancellationToken)
{
    await Task.Delay(20, cancellationToken);
    return question.EndsWith('3') || question.EndsWith('7') ? throw new TimeoutException("too busy") : $"fast answer to {question}";
}

static async ValueTask<string> AskSteadyAsync(string question, CancellationToken cancellationToken)
{
    await Task.Delay(50, cancellationToken);
    return $"steady answer to {question}";
}
