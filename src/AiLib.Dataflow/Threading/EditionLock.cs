namespace AiLib.Dataflow.Threading;

/// <summary>A lock for a few instructions on numbers, which others may read without taking it.</summary>
/// <remarks>
/// <para>What is this: a sequence lock. The number is odd while someone writes, and has grown by two when it is even again, so a reader that saw the same
/// even number before and after has read one edition. It stands in the object that it guards, on the cache line of what it guards: where two processors
/// take it in turn, one line moves and not two.</para>
/// <para>Threading: mutable, so a field that is never copied. Holders must not call anything that waits, throws or is foreign; whoever meets a holder spins,
/// and yields when that takes long.</para>
/// </remarks>
internal struct EditionLock
{
    private int _edition;

    /// <summary>Takes the lock. Not reentrant.</summary>
    public void Enter()
    {
        int seen = Volatile.Read(ref _edition);
        if ((seen & 1) != 0 || Interlocked.CompareExchange(ref _edition, seen + 1, seen) != seen)
        {
            EnterSlowly();
        }
    }

    /// <summary>Gives the lock back.</summary>
    public void Exit() => Volatile.Write(ref _edition, _edition + 1);

    /// <summary>Begins to read: waits out a writer.</summary>
    public int BeginRead()
    {
        SpinWait spin = default;
        int seen;
        while (((seen = Volatile.Read(ref _edition)) & 1) != 0)
        {
            spin.SpinOnce();
        }

        return seen;
    }

    /// <summary>Whether nobody has written since.</summary>
    /// <param name="edition">What <see cref="BeginRead"/> gave.</param>
    public bool WasRead(int edition)
    {
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _edition) == edition;
    }

    private void EnterSlowly()
    {
        SpinWait spin = default;
        while (true)
        {
            spin.SpinOnce();
            int seen = Volatile.Read(ref _edition);
            if ((seen & 1) == 0 && Interlocked.CompareExchange(ref _edition, seen + 1, seen) == seen)
            {
                return;
            }
        }
    }
}
