namespace AiLib.Dataflow.Providers.Http;

/// <summary>How long a body may stand still, or drip, before it is given up.</summary>
/// <remarks>
/// <para>
/// Until the first byte that is more than white space, any byte begins the time anew: some providers send blanks to keep a connection open while a
/// model thinks, and an answer that is being paid for is not given up for that. From then on the answer is there and only has to arrive, so the time
/// begins anew with every KiB, and a byte a second does not keep it. The whole attempt has a time-out of its own, which is the pipeline's.
/// </para>
/// <para>Most answers lie in the connection's buffer when they are asked for. Nothing is waited for then, and neither a timer nor a registration is made.</para>
/// <para>One reader.</para>
/// </remarks>
internal sealed class BodyPatience : IDisposable
{
    private const int LeastProgress = 1024;

    private readonly TimeSpan _time;
    private readonly TimeProvider _timeProvider;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _over = new();
    private ITimer? _timer;
    private CancellationTokenRegistration _registration;
    private bool _hasBegun;
    private int _progress;

    /// <summary>Sets how long is waited, once something has to be waited for.</summary>
    /// <param name="time">How long; infinite for ever.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="caller">Stops waiting as well.</param>
    public BodyPatience(TimeSpan time, TimeProvider timeProvider, CancellationToken caller)
    {
        _time = time;
        _timeProvider = timeProvider;
        _caller = caller;
    }

    /// <summary>What is read is read with this one. Cancelled when the time is over and when the caller's is, once <see cref="Wait"/> was called.</summary>
    public CancellationToken Token => _over.Token;

    /// <summary>Whether it was the time, and not the caller.</summary>
    public bool IsOver => _over.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>Something did not come at once: from the first time on the time runs, and the caller's token counts.</summary>
    public void Wait()
    {
        if (_timer is null)
        {
            _timer = _timeProvider.CreateTimer(static patience => ((BodyPatience)patience!).End(), this, _time, Timeout.InfiniteTimeSpan);
            _registration = _caller.UnsafeRegister(static patience => ((BodyPatience)patience!).End(), this);
        }
    }

    /// <summary>Something has arrived.</summary>
    public void OnRead(ReadOnlySpan<byte> bytes)
    {
        _progress += bytes.Length;
        if (!_hasBegun)
        {
            _hasBegun = bytes.ContainsAnyExcept(" \t\r\n"u8);
        }
        else if (_progress < LeastProgress)
        {
            return;
        }

        _progress = 0;
        _timer?.Change(_time, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _registration.Dispose();
        _over.Dispose();
    }

    private void End()
    {
        try
        {
            _over.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The timer rang while the last byte arrived.
        }
    }
}
