namespace AiLib.Dataflow.Batch.Tests.Support;

/// <summary>Compares names in order; a failure prints both lists whole.</summary>
internal static class Same
{
    public static void Names(IEnumerable<string?> expected, IEnumerable<string?> actual) => Assert.Equal(Text(expected), Text(actual));

    private static string Text(IEnumerable<string?> names) => string.Join(' ', names.Select(name => name ?? "null"));
}
