using AiLib.Dataflow.Cli.Recording;
using AiLib.Dataflow.Cli.Run;
using AiLib.Dataflow.Cli.Targets;
using AiLib.Dataflow.EndToEnd.Tests.Config;

namespace AiLib.Dataflow.EndToEnd.Tests.Recording;

/// <summary>What a record says of limits is what held, whoever said it.</summary>
public sealed class SettingTextsTests
{
    [Fact]
    public void A_limit_is_said_once_where_it_is_the_same_and_of_each_target_where_it_is_not()
    {
        PlannedTargets planned = new("""
            { "targets": [
                { "name": "a", "provider": "vllm", "base_url": "http://127.0.0.1:1/v1", "limits": { "rpm": 5, "tpm": 9 } },
                { "name": "b", "provider": "vllm", "api_key_env": "SECRET_OF_B", "limits": { "rpm": 7 } } ],
              "defaults": { "rps": 3 } }
            """, [], isNamed: true, ("SECRET_OF_B", "canary-key-4711"));

        SettingRecord[] records =
            [.. SettingTexts.Of(new RunSettings { Input = "in.jsonl" }, TargetList.Resolve(planned.Plans, planned.Read, planned.Problems))];

        Assert.Empty(planned.Problems);
        Assert.Equal(
            ["--api-key-env=b: SECRET_OF_B", "--max-inflight=auto", "--rpm=a: 5, b: 7", "--rps=3", "--tpm=a: 9"],
            records.Select(record => $"{record.Name}={record.Value}").Where(IsOfTargets).Order(StringComparer.Ordinal).ToArray());
        Assert.All(records, record => Assert.DoesNotContain("canary", record.Value, StringComparison.Ordinal));
    }

    private static bool IsOfTargets(string text) => text.StartsWith("--rp", StringComparison.Ordinal) || text.StartsWith("--tpm", StringComparison.Ordinal)
        || text.StartsWith("--api", StringComparison.Ordinal) || text.StartsWith("--max-inflight", StringComparison.Ordinal);
}
