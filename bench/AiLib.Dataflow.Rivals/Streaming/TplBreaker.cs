namespace AiLib.Dataflow.Rivals.Streaming;

/// <summary>A circuit breaker as it is written by hand: five failures in a row open it for 30 seconds.</summary>
/// <remarks>Reported to by one block; asked by any thread, which may see a state that has just ended.</remarks>
internal sealed class TplBreaker
{
    /// <summary>What a request gets that was not let through.</summary>
    public static readonly Exception Open = new InvalidOperationException("The circuit is open.");

    private const int Threshold = 5;
    private const long CooldownMilliseconds = 30_000;

    private long _openUntil;
    private int _failuresInARow;

    public bool IsOpen => Volatile.Read(ref _openUntil) is not 0 and long until && Environment.TickCount64 < until;

    public void Report(bool succeeded)
    {
        _failuresInARow = succeeded ? 0 : _failuresInARow + 1;
        if (_failuresInARow >= Threshold)
        {
            Volatile.Write(ref _openUntil, Environment.TickCount64 + CooldownMilliseconds);
        }
    }
}
