using System.Globalization;

namespace AiLib.Dataflow.Simulation.Tests;

/// <summary>Runs a world for many seeds and says of a red one how to run it again.</summary>
internal static class Simulation
{
    /// <summary>How many seeds to run: <c>AILIB_SIMULATION_SEEDS</c> where it is set, for the long layers.</summary>
    public static int Seeds(int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable("AILIB_SIMULATION_SEEDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int seeds) ? seeds : usual;

    /// <summary>Whether only one seed is run, so that nothing can be said about how often things happen.</summary>
    public static bool IsOneSeed => Environment.GetEnvironmentVariable("AILIB_SIMULATION_SEED") is { Length: > 0 };

    /// <summary>Runs each seed, or only <c>AILIB_SIMULATION_SEED</c> where it is set.</summary>
    public static void ForEachSeed(int count, Action<long> run)
    {
        if (long.TryParse(Environment.GetEnvironmentVariable("AILIB_SIMULATION_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out long only))
        {
            run(only);
            return;
        }

        for (long seed = 1; seed <= count; seed++)
        {
            try
            {
                run(seed);
            }
            catch (Exception failure)
            {
                string name = TestContext.Current.TestMethod?.MethodName ?? "";
                throw new InvalidOperationException(
                    $"Seed {seed}: {failure.Message}\nRun it again: AILIB_SIMULATION_SEED={seed} dotnet run --project tests/AiLib.Dataflow.Simulation.Tests -- -method '*{name}'",
                    failure);
            }
        }
    }
}
