namespace AiLib.Dataflow.Tests.Specs;

/// <summary>One slot of the flow model, and what is in it.</summary>
internal readonly record struct TicketModel(Spot Spot, byte Lane, byte Attempts, byte VisitsA, byte VisitsB, bool GivenUp)
{
    public bool IsHeld => Spot != Spot.Free;

    public bool CanMove => Spot is Spot.Ready or Spot.Delayed or Spot.InFlight;

    public bool HasVisited(int lane) => (lane == 0 ? VisitsA : VisitsB) > 0;

    public TicketModel Arrive(int lane) => this with
    {
        Spot = Spot.Ready,
        Lane = (byte)lane,
        Attempts = 0,
        VisitsA = (byte)(VisitsA + (lane == 0 ? 1 : 0)),
        VisitsB = (byte)(VisitsB + (lane == 1 ? 1 : 0)),
    };
}

/// <summary>Where a ticket of the model is.</summary>
internal enum Spot : byte
{
    Free,
    Ready,
    Delayed,
    InFlight,
    Settling,
}
