namespace AiLib.Dataflow.Threading;

/// <summary>Small numbers for threads: what is kept under a thread's own number is written by nobody else, so it needs no interlocked operation.</summary>
/// <remarks>
/// <para>What is this: a number that no other living thread has, from 1 to <see cref="Owned"/>; a thread that ends gives its number back, through the
/// finalizer of an object that only the thread held. Threads that come when all are taken have <see cref="Shared"/> together.</para>
/// <para>Threading: everything from anywhere. A number is only true on the thread that asked, so it must not be kept over an <c>await</c>.</para>
/// </remarks>
internal static class ThreadNumber
{
    /// <summary>So many threads can have a number of their own. Judgement: a pool has about as many threads as processors, and a table a row for each.</summary>
    public const int Owned = 63;

    /// <summary>The number of all others.</summary>
    public const int Shared = Owned + 1;

    /// <summary>Room for every number.</summary>
    public const int Count = Shared + 1;

    // Guarded by the stack itself.
    private static readonly Stack<int> Free = new(Enumerable.Range(1, Owned).Reverse());

    // Zero on a thread that has not asked yet.
    [ThreadStatic]
    private static int _mine;

    [ThreadStatic]
    private static Lease? _lease;

    /// <summary>This thread's number.</summary>
    public static int Mine => _mine is var mine && mine != 0 ? mine : Take();

    private static int Take()
    {
        lock (Free)
        {
            _mine = Free.TryPop(out int number) ? number : Shared;
        }

        _lease = _mine == Shared ? null : new Lease(_mine);
        return _mine;
    }

    /// <summary>Held by its thread alone, so it is garbage when the thread has ended, and what the thread wrote is there before the number is given out again.</summary>
    private sealed class Lease(int number)
    {
#pragma warning disable MA0055 // The end of a thread has no other event: it is when nothing refers to what only the thread held.
        ~Lease()
#pragma warning restore MA0055
        {
            lock (Free)
            {
                Free.Push(number);
            }
        }
    }
}
