using System.Globalization;

namespace AiLib.Dataflow.VirtualWorld;

/// <summary>Requests of real sizes: those of a trace of chat traffic where it lies beside the checkout, else of a distribution like it.</summary>
internal sealed class JobSizes
{
    private const string Trace = "azure-llm-2023-conv.csv";

    private readonly (int Prompt, int Answer)[] _sizes;

    private JobSizes((int Prompt, int Answer)[] sizes, string source)
    {
        _sizes = sizes;
        Source = source;
        MeanTokens = sizes.Average(static size => (double)(size.Prompt + size.Answer));
        LargestTokens = sizes.Max(static size => size.Prompt + size.Answer);
    }

    /// <summary>Where they come from.</summary>
    public string Source { get; }

    /// <summary>The mean of prompt and answer.</summary>
    public double MeanTokens { get; }

    /// <summary>The largest.</summary>
    public long LargestTokens { get; }

    /// <summary>Finds the trace, or does without.</summary>
    public static JobSizes Load()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string file = Path.Combine(folder.FullName, "shared", "data", Trace);
            if (File.Exists(file))
            {
                return new JobSizes([.. File.ReadLines(file).Skip(1).Select(Parse)], Trace);
            }
        }

        return Chat();
    }

    /// <summary>Prompts of some 1,150 tokens, answers of some 210, both skewed, as in the trace.</summary>
    public static JobSizes Chat() =>
        new([.. Enumerable.Range(0, 20_000).Select(static index => (Skewed(index, 1, 800, 0.85), Skewed(index, 2, 150, 0.8)))], "own distribution");

    /// <summary>Short questions with an answer of a word or two, as for sorting things into classes.</summary>
    public static JobSizes Short() =>
        new([.. Enumerable.Range(0, 20_000).Select(static index => (20 + Skewed(index, 1, 40, 0.5), Math.Min(8, Skewed(index, 2, 3, 0.5))))], "short questions");

    /// <summary>The request at a place of the batch.</summary>
    /// <param name="index">The place.</param>
    /// <param name="bias">By how much the client is wrong about costs, on average.</param>
    public Job At(int index, double bias)
    {
        (int prompt, int answer) = _sizes[index % _sizes.Length];
        long tokens = prompt + answer;

        // Nobody knows the length of an answer before it is there: ten per cent up or down, by the standard deviation of the logarithm.
        double noise = Math.Exp((0.1 * Normal(index, 3)) - 0.005);
        return new Job(index, tokens, answer, Math.Max(1, (long)(tokens * bias * noise)));
    }

    /// <summary>A number from the standard normal distribution, the same for the same place and stream.</summary>
    public static double Normal(int index, int stream)
    {
        // Box and Muller, 1958.
        double radius = Math.Sqrt(-2 * Math.Log(1 - Uniform(index, stream, 1)));
        return radius * Math.Cos(2 * Math.PI * Uniform(index, stream, 2));
    }

    /// <summary>A number from three quarters to five quarters, the same for the same place.</summary>
    public static double Around(int index) => 0.75 + (0.5 * Uniform(index, 5, 1));

    private static int Skewed(int index, int stream, double median, double sigma) => Math.Clamp((int)(median * Math.Exp(sigma * Normal(index, stream))), 1, 8_000);

    private static double Uniform(int index, int stream, int number)
    {
        // SplitMix64.
        ulong z = ((ulong)index * 0x9E3779B97F4A7C15) + ((ulong)stream << 32) + (ulong)number * 0xD1B54A32D192ED03;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1L << 53));
    }

    private static (int Prompt, int Answer) Parse(string line)
    {
        string[] fields = line.Split(',');
        return (int.Parse(fields[1], CultureInfo.InvariantCulture), Math.Max(1, int.Parse(fields[2], CultureInfo.InvariantCulture)));
    }
}
