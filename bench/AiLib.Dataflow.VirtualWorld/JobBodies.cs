using System.Globalization;
using System.Text;
using AiLib.Dataflow.Providers;

namespace AiLib.Dataflow.VirtualWorld;

/// <summary>Jobs as bodies that the simulator counts as many tokens for as they shall have.</summary>
internal static class JobBodies
{
    // The simulator counts four bytes of text as a token, four tokens for the message and three for the chat.
    private const int BytesPerToken = 4;
    private const int TokensAround = 7;

    /// <summary>The request for a job, the same each time.</summary>
    /// <param name="job">The job.</param>
    /// <param name="path">The operation: chat completions or messages.</param>
    public static ProviderRequest Request(Job job, string path) => new(path, Body(job));

    /// <summary>The body for a job.</summary>
    public static byte[] Body(Job job)
    {
        string head = "{\"model\":\"m\",\"max_tokens\":" + job.AnswerTokens.ToString(CultureInfo.InvariantCulture) + ",\"messages\":[{\"role\":\"user\",\"content\":\"";
        string number = FormattableString.Invariant($"{job.Index} ");
        const string tail = "\"}]}";
        int text = Math.Max(number.Length, BytesPerToken * (job.PromptTokens - TokensAround));
        byte[] body = new byte[head.Length + text + tail.Length];
        body.AsSpan().Fill((byte)'x');
        Encoding.ASCII.GetBytes(head, body);
        Encoding.ASCII.GetBytes(number, body.AsSpan(head.Length));
        Encoding.ASCII.GetBytes(tail, body.AsSpan(body.Length - tail.Length));
        return body;
    }
}
