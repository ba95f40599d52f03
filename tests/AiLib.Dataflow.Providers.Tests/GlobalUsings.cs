global using AiLib.Dataflow.Providers.Tests.Support;
global using Xunit;
