namespace AiLib.Dataflow.Threading;

/// <summary>A lock for a few instructions on numbers, which others may read without taking it.</summary>
/// <remarks>
/// <para>What is this: a sequence lock. The edition is odd while someone writes, and has grown by two when it is even again, so a reader that saw the same
/// even number before and after has read one edition. Taken by an exchange, which does not look before it takes: where two processors meet, looking first
/// would move the cache line twice. It stands in the object that it guards, on the cache line of what it guards: where two processors
/// take it in turn, one line moves and not two.</para>
/// <para>Threading: mutable, so a field that is never copied. Holders must not call anything that waits, throws or is foreign; whoever meets a holder spins,
/// and yields when that takes long.</para>
/// </remarks>
internal struct EditionLock
{
    private int _held;

    // Written by the holder.
    private int _edition;

    /// <summary>Takes the lock. Not reentrant.</summary>
    public void Enter()
    {
        if (Interlocked.Exchange(ref _held, 1) != 0)
        {
            EnterSlowly();
        }

        // The barrier: whoever sees what the holder writes sees that someone writes.
        Volatile.Write(ref _edition, _edition + 1);
        Volatile.WriteBarrier();
    }

    /// <summary>Gives the lock back.</summary>
    public void Exit()
    {
        Volatile.Write(ref _edition, _edition + 1);
        Volatile.Write(ref _held, 0);
    }

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
        do
        {
            spin.SpinOnce();
        }
        while (Volatile.Read(ref _held) != 0 || Interlocked.Exchange(ref _held, 1) != 0);
    }
}
