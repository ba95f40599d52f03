using System.Globalization;
using AiLib.Dataflow.Batch.Parking;
using AiLib.Dataflow.Providers;
using AiLib.Dataflow.Signals;

namespace AiLib.Dataflow.Batch.Tests.Parking;

/// <summary>Places under random legs: none is lost, none is read again that was answered, and the count is right after each leg.</summary>
public sealed class ParkedRequestsTests
{
    private static readonly DateTimeOffset Until = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Whatever_a_leg_reads_settles_parks_and_gives_up_each_entry_comes_to_its_end_once()
    {
        for (int seed = 0; seed < 1_000; seed++)
        {
            string? problem = new Legs(new Random(seed)).Run();
            Assert.True(problem is null, string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {problem}"));
        }
    }

    [Fact]
    public void What_a_stop_ends_is_not_parked_but_what_was_parked_before_is()
    {
        ParkedRequests parked = new(TimeSpan.FromHours(1));
        BatchRequest[] requests = [Requests.Request("r1"), Requests.Request("r2"), Requests.Request("r3")];
        parked.Begin();
        for (int place = 0; place < requests.Length; place++)
        {
            parked.OnRead(place, requests[place], isAgain: false);
        }

        parked.OnSettled(requests[1], isAnswered: false);
        parked.Park(requests[1], "t", Until);
        IReadOnlyList<BatchRequest> inside = parked.End(isPaused: false);

        Assert.Equal([requests[0], requests[2]], inside.OrderBy(static request => request.Place));
        Assert.Equal(1, parked.Count);
    }

    [Fact]
    public void Waits_are_added_up_until_an_answer_comes()
    {
        ParkedRequests parked = new(TimeSpan.FromMinutes(10));
        BatchRequest request = Requests.Request("r1");

        Assert.True(parked.TryWait(TimeSpan.FromMinutes(6)));
        Assert.False(parked.TryWait(TimeSpan.FromMinutes(5)));
        Assert.True(parked.TryWait(TimeSpan.FromMinutes(4)));
        parked.OnSettled(request, isAnswered: false);
        Assert.False(parked.TryWait(TimeSpan.FromTicks(1)));
        parked.OnSettled(request, isAnswered: true);
        Assert.True(parked.TryWait(TimeSpan.FromMinutes(10)));
    }

    [Fact]
    public async Task The_first_target_that_is_back_ends_the_wait_whoever_said_so()
    {
        await using RequestPipeline<BatchRequest, ProviderResponse> pipeline = new JobRun().Pipeline();
        SignalsSnapshot open = pipeline.Signals.Snapshot();
        SignalsSnapshot cooled = open with { Targets = [open.Targets[0] with { CooledFor = TimeSpan.FromMinutes(3) }] };
        ParkedRequests parked = new(TimeSpan.FromDays(1));
        parked.Begin();
        parked.Park(Requests.Request("r1"), "a", Until.AddMinutes(10));
        parked.Park(Requests.Request("r2"), "b", Until.AddMinutes(5));
        parked.Park(Requests.Request("r3"), "a", Until.AddMinutes(9));

        Assert.Equal(Until.AddMinutes(5), parked.ReadyAt(open, Until));
        Assert.Equal(Until.AddMinutes(3), parked.ReadyAt(cooled, Until));

        // A target is cooled for an hour at most, whatever it has asked for: what it said itself is nearer the truth.
        parked.Begin();
        parked.Park(Requests.Request("r1"), open.Targets[0].Target, Until.AddHours(10));
        Assert.Equal(Until.AddHours(10), parked.ReadyAt(cooled, Until));
    }

    /// <summary>An input of some requests and of some entries that need nothing, read in legs that end anywhere.</summary>
    private sealed class Legs(Random random)
    {
        private readonly bool[] _isOver = new bool[random.Next(1, 60)];
        private readonly ParkedRequests _parked = new(TimeSpan.FromHours(1));
        private readonly List<BatchRequest> _inside = [];
        private int _read;

        /// <returns>What was wrong; null when nothing was.</returns>
        public string? Run()
        {
            for (int leg = 0; leg < 10_000; leg++)
            {
                if (Leg() is { } problem)
                {
                    return problem;
                }

                if (_read == _isOver.Length && Array.TrueForAll(_isOver, static isOver => isOver))
                {
                    return null;
                }
            }

            return "an entry never comes to its end";
        }

        private string? Leg()
        {
            ParkedPlaces places = _parked.Begin();
            for (int place = 0; place < _isOver.Length && random.Next(15) > 0; place++)
            {
                bool isNew = places.IsNew(place);
                if (isNew != place >= _read)
                {
                    return "an entry counts as new that is not, or the other way round";
                }

                if (!isNew && !places.Takes(place))
                {
                    continue;
                }

                if (_isOver[place])
                {
                    return "an entry is read again that is over";
                }

                _read = Math.Max(_read, place + 1);
                BatchRequest? request = !isNew || random.Next(4) > 0 ? Requests.Request("r1") : null;
                _parked.OnRead(place, request, isAgain: !isNew);
                if (request is null)
                {
                    _isOver[place] = true;
                    continue;
                }

                _inside.Add(request);
                SettleSome();
            }

            SettleSome();
            HashSet<BatchRequest> left = [.. _parked.End(isPaused: true)];
            bool isRight = left.SetEquals(_inside);
            _inside.Clear();
            return !isRight ? "what is inside is not what went in and did not come out"
                : _parked.Count != _isOver.Take(_read).Count(static isOver => !isOver) ? "the count is not that of what was read and is not over"
                : null;
        }

        private void SettleSome()
        {
            while (_inside.Count > 0 && random.Next(3) > 0)
            {
                int index = random.Next(_inside.Count);
                BatchRequest request = _inside[index];
                _inside.RemoveAt(index);
                bool isAnswered = random.Next(3) == 0;
                _parked.OnSettled(request, isAnswered);
                if (isAnswered)
                {
                    _isOver[request.Place] = true;
                }
                else
                {
                    _parked.Park(request, "t", Until);
                }
            }
        }
    }
}
