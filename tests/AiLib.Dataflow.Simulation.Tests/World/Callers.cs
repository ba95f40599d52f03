namespace AiLib.Dataflow.Simulation.Tests.World;

/// <summary>Those who use the pipeline in a simulated world, each an actor of its own.</summary>
internal static class Callers
{
    /// <summary>Draws callers: streams of both orders and single calls, patient ones and others.</summary>
    public static void Draw(SimulatedWorld world, int requests, bool impatient)
    {
        SeededRandom random = world.Random;
        world.MayOutliveItsCaller = impatient;
        while (requests > 0)
        {
            int count = random.Between(1, requests);
            requests -= count;
            List<SimulatedRequest> own = [.. Enumerable.Range(0, count).Select(_ => Create(world, impatient))];
            switch (random.Next(3))
            {
                case 0:
                    bool ordered = random.Percent(50);
                    bool slow = random.Percent(30);
                    world.Start(() => StreamAsync(world, own, ordered, slow));
                    break;
                case 1:
                    world.Start(() => OneByOneAsync(world, own, impatient));
                    break;
                default:
                    foreach (SimulatedRequest request in own)
                    {
                        world.Start(() => OneByOneAsync(world, [request], impatient));
                    }

                    break;
            }
        }
    }

    /// <summary>A request with wishes drawn from the seed.</summary>
    public static SimulatedRequest Create(SimulatedWorld world, bool impatient)
    {
        SeededRandom random = world.Random;
        SimulatedRequest request = new(world.Requests.Count)
        {
            Options = new RequestOptions
            {
                Cost = random.OneOf(0, 1, 40, 100, 5_000),
                Deadline = impatient && random.Percent(20) ? random.Milliseconds(20_000) : null,
                RetryPriority = random.OneOf(RetryPriority.BeforeNewWork, RetryPriority.BehindNewWork),
                Target = random.Percent(30) ? random.Next(world.Options.Targets.Count).ToString(System.Globalization.CultureInfo.InvariantCulture) : null,
                StaysOnTarget = random.Percent(20),
                WithoutHedging = world.Options.Hedging is not null && random.Percent(10),
                WhenUnavailable = random.OneOf<Unavailability?>(null, Unavailability.Hold, Unavailability.Refuse),
            },
        };
        world.Requests.Add(request);
        return request;
    }

    /// <summary>Sends requests as a stream and takes the answers, perhaps slowly; from a steady source without pauses.</summary>
    public static async Task StreamAsync(
        SimulatedWorld world, IReadOnlyList<SimulatedRequest> requests, bool ordered, bool slow, bool steadySource = false)
    {
        StreamOptions<SimulatedRequest> options = new() { Ordered = ordered, Describe = request => request.Options };
        long next = 0;
        await foreach (Settled<SimulatedRequest, int> settled in world.Pipeline.RunAsync(Source(world, requests, steadySource), options))
        {
            world.Scheduler.AssertThread();
            world.Require(!ordered || settled.Index == next++, "I26", $"answer {settled.Index} came where {next - 1} was due");
            world.Require(ReferenceEquals(settled.Request, requests[(int)settled.Index]), "I2", "an answer belongs to another request");
            world.Require(!settled.IsAnswered || settled.Outcome.Response == settled.Request.Id, "I2", $"{settled.Request} got the answer {settled.Outcome.Response}");
            settled.Request.Answers++;
            if (slow)
            {
                await Task.Delay(world.Random.Milliseconds(500), world.Time);
            }
        }
    }

    /// <summary>Sends a request by either of the two ways, where it could matter.</summary>
    private static async ValueTask<int> SendAsync(SimulatedWorld world, SimulatedRequest request, CancellationToken cancellationToken)
    {
        if (world.Options.Hedging is null || world.Random.Percent(50))
        {
            return await world.Pipeline.SendAsync(request, request.Options, cancellationToken);
        }

        Settled<SimulatedRequest, int> settled = await world.Pipeline.TrySendAsync(request, request.Options, cancellationToken);
        int made = request.Targets.Count + (request.HedgedAt is null ? 0 : 1);

        // What was begun and given up before it reached its endpoint is counted, and seen there a little later or never.
        world.Require(settled.Attempts >= made || world.MayOutliveItsCaller, "I5", $"{request}: told of {settled.Attempts} attempts, {made} made");
        return settled.IsAnswered ? settled.Outcome.Response : request.Id;
    }

    private static async IAsyncEnumerable<SimulatedRequest> Source(SimulatedWorld world, IReadOnlyList<SimulatedRequest> requests, bool steady)
    {
        foreach (SimulatedRequest request in requests)
        {
            if (!steady && world.Random.Percent(20))
            {
                await Task.Delay(world.Random.Milliseconds(100), world.Time);
            }

            request.SubmittedAt = world.Time.Elapsed;
            yield return request;
        }
    }

    /// <summary>Sends requests one after the other, perhaps without the patience to wait for each answer.</summary>
    private static async Task OneByOneAsync(SimulatedWorld world, IReadOnlyList<SimulatedRequest> requests, bool impatient)
    {
        foreach (SimulatedRequest request in requests)
        {
            bool givesUp = impatient && world.Random.Percent(30);
            using CancellationTokenSource patience = givesUp
                ? new CancellationTokenSource(world.Random.Milliseconds(5_000), world.Time)
                : new CancellationTokenSource();
            request.SubmittedAt = world.Time.Elapsed;
            request.IsCall = true;
            try
            {
                int answer = await SendAsync(world, request, patience.Token);
                world.Require(answer == request.Id, "I2", $"{request} got the answer {answer}");
            }
            catch (RequestFailedException)
            {
                // An answer too.
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested)
            {
                // As asked for.
            }

            world.Scheduler.AssertThread();
            request.Answers++;
        }
    }
}
