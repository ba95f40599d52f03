using System.Globalization;
using AiLib.Dataflow.Capacity;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace AiLib.Dataflow.Tests.Specs;

/// <summary>The real gate with its real parts, driven by the steps of the model.</summary>
internal sealed class GateUnderTest
{
    private readonly FakeTimeProvider _time = new();
    private readonly PreflightChecker _gate;
    private readonly Backpressure _limiter = new(1);
    private readonly List<PreflightPass> _passes = [];
    private readonly List<(Task<Permit> Wait, CancellationTokenSource Cancellation)> _line = [];
    private int _handedOver;

    public GateUnderTest() => _gate = new PreflightChecker(
        new CircuitBreaker(new CircuitBreakerOptions { Cooldown = TimeSpan.FromDays(1) }, _time),
        new RateLimiter(new RateLimiterOptions { RequestsPerSecond = 1, BurstSize = GateModel.Burst }, _time),
        _limiter);

    /// <summary>Makes one step and says how the gate differs from the model; nothing when it does not.</summary>
    public string? Apply(Transition<GateModel> step)
    {
        GateModel.Answer answer = GateModel.Answer.None;
        int waitingBefore = _line.Count;
        switch (step.Action)
        {
            case "Enter":
                answer = Enter();
                break;
            case "End":
                End();
                break;
            case "Wait":
                CancellationTokenSource cancellation = new();
                _line.Add((_limiter.AcquireAsync(cancellation.Token).AsTask(), cancellation));
                break;
            case "LeaveLine":
                _line[^1].Cancellation.Cancel();
                _line.RemoveAt(_line.Count - 1);
                break;
            case "SetLimit":
                _limiter.MaxInflight = int.Parse(step.Arg, CultureInfo.InvariantCulture);
                break;
            case "Trip":
                _gate.CircuitBreaker!.Trip();
                break;
            default:
                _time.Advance(TimeSpan.FromSeconds(1));
                break;
        }

        // Who was handed a permit is out of the line; its own continuation may still be on its way.
        int handed = step.Action is "End" or "SetLimit" ? waitingBefore - step.After.Waiting : 0;
        _line.RemoveRange(0, handed);
        _handedOver += handed;
        return Difference(step.After, answer);
    }

    private GateModel.Answer Enter()
    {
        if (_gate.TryEnter(0, out PreflightPass? pass, out Refusal? refusal))
        {
            _passes.Add(pass!);
            return GateModel.Answer.Passed;
        }

        return refusal!.Check switch
        {
            "in_flight" => GateModel.Answer.InFlight,
            "circuit" => GateModel.Answer.Circuit,
            _ => GateModel.Answer.Rate,
        };
    }

    private void End()
    {
        if (_passes.Count > 0)
        {
            _passes[^1].Dispose();
            _passes.RemoveAt(_passes.Count - 1);
            return;
        }

        _handedOver--;
        _limiter.Leave(PermitEnd.Ignored);
    }

    private string? Difference(GateModel expected, GateModel.Answer answer)
    {
        if (answer != expected.Last)
        {
            return $"answer {answer}, expected {expected.Last}";
        }

        if (_limiter.InFlight != expected.InFlight || _passes.Count + _handedOver != expected.InFlight)
        {
            return $"{_limiter.InFlight} in flight, expected {expected.InFlight}";
        }

        if (_gate.RateLimiter!.Remaining != expected.Credits)
        {
            return $"{_gate.RateLimiter.Remaining} credits, expected {expected.Credits}";
        }

        bool couldPass = expected is { HasRoom: true, Open: false, Credits: > 0 };
        return (_gate.Check() is null) == couldPass ? null : $"a check says {_gate.Check()}, expected {(couldPass ? "a pass" : "a refusal")}";
    }
}
