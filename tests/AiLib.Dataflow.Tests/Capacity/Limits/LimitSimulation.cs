using AiLib.Dataflow.Capacity;
using AiLib.Dataflow.Capacity.Limits;

namespace AiLib.Dataflow.Tests.Capacity.Limits;

/// <summary>A closed loop in virtual time: as many attempts as the limit allows are always in flight, at a target that shares its speed among them.</summary>
/// <remarks>
/// All attempts at the target progress at the same speed, so they end in the order of their work, and one queue in units of work done holds them,
/// however the speed changes. The same seed gives the same run.
/// </remarks>
internal sealed class LimitSimulation
{
    private readonly IConcurrencyLimit _limit;
    private readonly SimulatedTarget _target;
    // Two sources, so that with the same seed the n-th request that is taken is the same work for every limit.
    private readonly Random _random;
    private readonly Random _rejections;
    private readonly int _demand;
    private readonly SimulationResult _result = new();

    private readonly PriorityQueue<(double Began, int InFlight), double> _serving = new();
    private readonly PriorityQueue<(double Began, int InFlight), double> _rejected = new();
    private readonly PriorityQueue<int, double> _freeing = new();

    private readonly PriorityQueue<int, double> _retries = new();

    // What may be sent now: without end unless it is a job.
    private bool _isJob;
    private int _waiting = int.MaxValue;

    private double _now;
    private double _workDone;
    private int _inFlight;
    private int _occupied;

    private LimitSimulation(IConcurrencyLimit limit, SimulatedTarget target, int seed, int demand) =>
        (_limit, _target, _random, _rejections, _demand) = (limit, target, new Random(seed), new Random(~seed), demand);

    /// <summary>Runs for so many virtual seconds.</summary>
    /// <param name="limit">Decides how many attempts are in flight.</param>
    /// <param name="target">Takes them.</param>
    /// <param name="seed">Decides how much work they are.</param>
    /// <param name="seconds">When to stop.</param>
    /// <param name="demand">There are never more requests than this. Default: without end.</param>
    public static SimulationResult Run(IConcurrencyLimit limit, SimulatedTarget target, int seed, double seconds = 660, int demand = int.MaxValue) =>
        new LimitSimulation(limit, target, seed, demand).Run(seconds);

    /// <summary>Runs a job of so many requests, of which each that is rejected comes back after a second or two.</summary>
    /// <returns>After how many virtual seconds all were answered.</returns>
    public static double Finish(IConcurrencyLimit limit, SimulatedTarget target, int seed, int requests)
    {
        LimitSimulation simulation = new(limit, target, seed, int.MaxValue) { _isJob = true, _waiting = requests };
        while (simulation._result.Answers.Count < requests)
        {
            simulation.SendAll();
            simulation.Step();
        }

        return simulation._now;
    }

    private SimulationResult Run(double seconds)
    {
        while (_now < seconds)
        {
            SendAll();
            Step();
        }

        return _result;
    }

    private void SendAll()
    {
        while (_retries.TryPeek(out _, out double due) && due <= _now)
        {
            _retries.Dequeue();
            _waiting++;
        }

        while (_waiting > 0 && _inFlight < Math.Min(_limit.Current, _demand))
        {
            _inFlight++;
            _waiting -= _isJob ? 1 : 0;
            if ((_target.Takes is { } takes && _occupied >= takes(_now)) || (_target.RejectsAnyway is { } share && _rejections.NextDouble() < share(_now)))
            {
                _rejected.Enqueue((_now, _inFlight), _now + (_target.RejectsAfter * (0.8 + (0.4 * _rejections.NextDouble()))));
                continue;
            }

            _occupied++;
            _serving.Enqueue((_now, _inFlight), _workDone + (_target.Work(_now) * Math.Exp(_target.Spread * Normal())));
        }
    }

    private void Step()
    {
        double speed = _target.Speed(_serving.Count, _now);
        double answer = _serving.TryPeek(out _, out double work) ? _now + ((work - _workDone) / speed) : double.PositiveInfinity;
        double rejection = _rejected.TryPeek(out _, out double at) ? at : double.PositiveInfinity;
        double free = _freeing.TryPeek(out _, out double due) ? due : double.PositiveInfinity;
        double retry = _retries.TryPeek(out _, out double again) ? again : double.PositiveInfinity;
        double next = Math.Min(Math.Min(answer, retry), Math.Min(rejection, free));
        _result.KeepLimit(next, _limit.Current);
        _workDone += (next - _now) * speed;
        _now = next;
        if (next == retry)
        {
            return;
        }

        if (next == free)
        {
            _freeing.Dequeue();
            _occupied--;
        }
        else if (next == rejection)
        {
            _result.Rejections.Add(_now);
            if (_isJob)
            {
                _retries.Enqueue(0, _now + 1 + _rejections.NextDouble());
            }

            End(_rejected.Dequeue(), PermitEnd.Dropped);
        }
        else
        {
            _result.Answers.Add(_now);
            Free();
            End(_serving.Dequeue(), PermitEnd.Succeeded);
        }
    }

    private void Free()
    {
        if (_target.FreesAfter > 0)
        {
            _freeing.Enqueue(0, _now + (_target.FreesAfter * 2 * _rejections.NextDouble()));
        }
        else
        {
            _occupied--;
        }
    }

    private void End((double Began, int InFlight) attempt, PermitEnd outcome)
    {
        _inFlight--;
        _limit.Observe(new AttemptSample(TimeSpan.FromSeconds(attempt.Began), TimeSpan.FromSeconds(_now), attempt.InFlight, outcome));
    }

    // Box and Muller.
    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
