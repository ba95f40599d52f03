using System.Diagnostics;
using System.Threading.Channels;

namespace AiLib.Dataflow.Dispatch;

/// <summary>What waits to be attempted at one target: work that was begun before work that was not, each in the order in which it came.</summary>
/// <typeparam name="T">What waits.</typeparam>
/// <remarks>
/// <para>What is this: two bounded channels that each have room for every slot of the pipeline, so a write never waits and never fails. Begun work goes
/// first, but after <see cref="FairShare"/> such in a row one that was not begun has its turn, so that it never starves under a flood of redirects.</para>
/// <para>Threading: written by anyone; read, put back and swept by the lane's loop only.</para>
/// </remarks>
internal sealed class LaneInbox<T>
    where T : class
{
    /// <summary>So many begun ones in a row before one that was not begun. Judgement: rare enough to cost nothing, often enough to be progress.</summary>
    internal const int FairShare = 16;

    // Writers: settlement of doors, redirects, the retry queue. Reader: the lane's loop.
    private readonly Channel<T> _begun;
    private readonly Channel<T> _new;

    // Owned by the lane's loop: taken, found to be held up, and put back at the front.
    private T? _heldBegun;
    private T? _heldNew;
    private int _begunInARow;
    private int _begunInARowBefore;

    /// <summary>Creates an empty inbox.</summary>
    /// <param name="slots">All slots of the pipeline: what can ever be in here at once.</param>
    public LaneInbox(int slots)
    {
        BoundedChannelOptions options = new(slots) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait };
        _begun = Channel.CreateBounded<T>(options);
        _new = Channel.CreateBounded<T>(options);
    }

    /// <summary>Puts something in.</summary>
    /// <param name="thing">What.</param>
    /// <param name="begun">Whether it goes before work that was not begun.</param>
    public void Put(T thing, bool begun)
    {
        bool written = (begun ? _begun : _new).Writer.TryWrite(thing);
        Debug.Assert(written, "Every slot has room here.");
        if (!written)
        {
            Environment.FailFast("AiLib.Dataflow: an inbox with room for every slot is full, so a slot was counted twice.");
        }
    }

    /// <summary>Takes the next.</summary>
    /// <param name="thing">What.</param>
    /// <param name="begun">Where to put it back.</param>
    public bool TryTake(out T? thing, out bool begun)
    {
        _begunInARowBefore = _begunInARow;
        if (_begunInARow >= FairShare && TryTakeNew(out thing))
        {
            _begunInARow = 0;
            begun = false;
            return true;
        }

        begun = TryTakeBegun(out thing);
        if (begun)
        {
            _begunInARow++;
            return true;
        }

        _begunInARow = 0;
        return TryTakeNew(out thing);
    }

    /// <summary>Puts back what was just taken, to be the next of its kind.</summary>
    public void PutBack(T thing, bool begun)
    {
        // It was not its turn after all: who was due stays due.
        _begunInARow = _begunInARowBefore;
        if (begun)
        {
            Debug.Assert(_heldBegun is null);
            _heldBegun = thing;
        }
        else
        {
            Debug.Assert(_heldNew is null);
            _heldNew = thing;
        }
    }

    /// <summary>Goes through everything once, in order, and takes out what is to be dropped.</summary>
    /// <param name="isDropped">Whether to take it out; it is the caller's then.</param>
    public void Sweep(Func<T, bool> isDropped)
    {
        if (_heldBegun is not null && isDropped(_heldBegun))
        {
            _heldBegun = null;
        }

        if (_heldNew is not null && isDropped(_heldNew))
        {
            _heldNew = null;
        }

        Turn(_begun, isDropped);
        Turn(_new, isDropped);
    }

    // Reads as many as there are and writes back what stays: the order is kept, but for what comes in meanwhile.
    private static void Turn(Channel<T> channel, Func<T, bool> isDropped)
    {
        for (int left = channel.Reader.Count; left > 0 && channel.Reader.TryRead(out T? thing); left--)
        {
            if (!isDropped(thing) && !channel.Writer.TryWrite(thing))
            {
                Environment.FailFast("AiLib.Dataflow: an inbox had no room for what had just been read from it.");
            }
        }
    }

    private bool TryTakeBegun(out T? thing) => TryTakeHeld(ref _heldBegun, out thing) || _begun.Reader.TryRead(out thing);

    private bool TryTakeNew(out T? thing) => TryTakeHeld(ref _heldNew, out thing) || _new.Reader.TryRead(out thing);

    private static bool TryTakeHeld(ref T? held, out T? thing)
    {
        thing = held;
        held = null;
        return thing is not null;
    }
}
