global using AiLib.Dataflow.Tests.Harness;
global using Xunit;
