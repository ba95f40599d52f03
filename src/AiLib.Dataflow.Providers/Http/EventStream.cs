namespace AiLib.Dataflow.Providers.Http;

/// <summary>Looks for an error in a stream of server-sent events that nobody asked for.</summary>
internal static class EventStream
{
    /// <summary>The data of the first <c>event: error</c>, or of the first event whose data holds an <c>error</c>; empty when there is none.</summary>
    public static ReadOnlyMemory<byte> FindError(ReadOnlyMemory<byte> body)
    {
        bool isError = false;
        while (!body.IsEmpty)
        {
            int end = body.Span.IndexOf((byte)'\n');
            ReadOnlyMemory<byte> line = (end < 0 ? body : body[..end]).TrimEnd("\r"u8);
            body = end < 0 ? default : body[(end + 1)..];
            if (line.IsEmpty)
            {
                isError = false;
            }
            else if (line.Span.StartsWith("event:"u8))
            {
                isError = line[6..].Trim(" "u8).Span.SequenceEqual("error"u8);
            }
            else if (line.Span.StartsWith("data:"u8))
            {
                ReadOnlyMemory<byte> data = line[5..].Trim(" "u8);
                if (isError || (AnswerScan.TryRead(data.Span, out AnswerScan scan) && scan.HasError))
                {
                    return data;
                }
            }
        }

        return default;
    }
}
