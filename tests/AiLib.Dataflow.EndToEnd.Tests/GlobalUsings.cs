global using AiLib.Dataflow.EndToEnd.Tests.Support;
global using Xunit;

// Two cores, and every test here starts processes or servers: side by side they would only measure each other.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
