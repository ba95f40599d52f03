using System.Runtime.CompilerServices;

namespace AiLib.Dataflow.Capacity;

/// <summary>How full the buckets of the limits are that few targets have, by <see cref="FurtherLimit"/>; each in the units of its own <see cref="CreditRate"/>, 0 where there is none.</summary>
/// <remarks>Mutable, guarded by whoever holds it: a field that is changed in place.</remarks>
[InlineArray(FurtherRates.Count)]
internal struct FurtherLevels
{
    private Int128 _first;
}
