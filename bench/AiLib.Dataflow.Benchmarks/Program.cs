using BenchmarkDotNet.Running;

// dotnet run -c Release --project bench/AiLib.Dataflow.Benchmarks -- --filter '*Stream*'
// Without --job a short job is run, which takes minutes instead of hours; --job default is for figures to be kept, --job dry for whether it runs at all.
bool hasJob = args.Any(static argument => argument is "-j" or "--job" || argument.StartsWith("--job=", StringComparison.Ordinal));
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(hasJob ? args : [.. args, "--job", "short"]);
