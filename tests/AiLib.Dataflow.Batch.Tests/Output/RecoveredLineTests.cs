using System.Text;
using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Output;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.Batch.Tests.Output;

/// <summary>A glance agrees with a parse on everything that a crash can make of a line.</summary>
public sealed class RecoveredLineTests
{
    [Fact]
    public void Whole_lines_of_all_kinds_are_read_by_a_glance()
    {
        foreach (byte[] line in Lines())
        {
            Assert.True(RecoveredLine.TryGlance(line, out BatchId id));
            Assert.Equal(BatchId.OfRequest("a\"é"), id);
        }
    }

    [Fact]
    public void A_line_with_a_hole_anywhere_is_read_by_neither_and_one_that_is_cut_is_not_parsed()
    {
        foreach (byte[] line in Lines())
        {
            for (int at = 0; at < line.Length; at++)
            {
                byte[] holed = [.. line];
                holed[at] = 0;
                Assert.False(RecoveredLine.TryRead(line.AsSpan(0, at), out _));
                AssertNeither(holed);
            }
        }
    }

    [Fact]
    public void A_line_in_another_form_is_parsed()
    {
        byte[] line = Encoding.UTF8.GetBytes($"{{ \"custom_id\": \"x\", \"id\": \"{BatchId.OfRequest("x")}\" }}");

        Assert.True(RecoveredLine.TryGlance(line, out BatchId id));
        Assert.Equal(BatchId.OfRequest("x"), id);
        Assert.False(RecoveredLine.TryGlance("{\"id\":\"batch_req_zz\"}"u8, out _));
    }

    private static void AssertNeither(byte[] line)
    {
        Assert.False(RecoveredLine.TryRead(line, out _), "parsed: " + Encoding.UTF8.GetString(line));
        Assert.False(RecoveredLine.TryGlance(line, out _), "glanced: " + Encoding.UTF8.GetString(line));
    }

    private static List<byte[]> Lines()
    {
        using OutputLine line = new();
        BatchRequest request = Requests.Request("a\\\"é");
        return
        [
            line.Answered(request, new ProviderResponse(200, "{\"x\":[1,\"}}\"]}"u8.ToArray(), "r")).TrimEnd((byte)'\n').ToArray(),
            line.Failed(request, JobRun.Http(ProviderErrorCode.ServerError, 500)).TrimEnd((byte)'\n').ToArray(),
            line.Failed(request, Outcome<ProviderResponse>.Failed(OutcomeKind.TimedOut)).TrimEnd((byte)'\n').ToArray(),
        ];
    }
}
