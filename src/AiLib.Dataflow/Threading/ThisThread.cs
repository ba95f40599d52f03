namespace AiLib.Dataflow.Threading;

/// <summary>The thread that this runs on, asked once and handed down to all who keep something for each thread.</summary>
/// <remarks>A <c>ref struct</c>, so that it can be handed down and never kept: it is true only until the next <c>await</c>.</remarks>
internal readonly ref struct ThisThread
{
    private ThisThread(int number) => Number = number;

    /// <summary>The thread's number.</summary>
    public int Number { get; }

    /// <summary>Whether other threads have the same number.</summary>
    public bool IsShared => Number == ThreadNumber.Shared;

    /// <summary>Asks.</summary>
    public static ThisThread Get() => new(ThreadNumber.Mine);
}
