using System.CommandLine;

namespace AiLib.Dataflow.Scenarios;

/// <summary>The command line of <see cref="StreamChild"/>. For this program itself.</summary>
internal sealed class StreamChildCommand : Command
{
    private readonly Argument<string> _rival = new("RIVAL");
    private readonly Argument<int> _requests = new("REQUESTS");

    public StreamChildCommand()
        : base(StreamChild.Command)
    {
        Hidden = true;
        Add(_rival);
        Add(_requests);
        SetAction(parsed => StreamChild.RunAsync(parsed.GetRequiredValue(_rival), parsed.GetRequiredValue(_requests)));
    }
}
