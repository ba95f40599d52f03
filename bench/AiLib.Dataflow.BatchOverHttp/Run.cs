namespace AiLib.Dataflow.BatchOverHttp;

/// <summary>One run of one client.</summary>
/// <param name="PerSecond">Requests per second, from the start of the process to its end.</param>
/// <param name="SteadyPerSecond">Requests per second, the first quarter left out, in which programs are compiled and connections made.</param>
/// <param name="CpuMicroseconds">The client's processor time for each request.</param>
/// <param name="SteadyCpuMicroseconds">The same without the first quarter.</param>
/// <param name="ServerMicroseconds">The simulator's processor time for each request; the two share the machine.</param>
internal sealed record Run(double PerSecond, double SteadyPerSecond, double CpuMicroseconds, double SteadyCpuMicroseconds, double ServerMicroseconds);
