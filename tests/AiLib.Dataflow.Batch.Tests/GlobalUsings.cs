global using AiLib.Dataflow.Batch.Tests.Support;
global using Xunit;
