using System.Buffers.Binary;
using AiLib.Dataflow.Rivals;

namespace AiLib.Dataflow.Scenarios.Targets;

/// <summary>Answers soon, with something that shows on the heap.</summary>
internal sealed class PayloadTarget : IEndpoint<int, byte[]>
{
    /// <summary>The size of an answer in bytes.</summary>
    public const int Size = 8192;

    /// <summary>The answer in a payload.</summary>
    public static int Read(byte[] payload) => BinaryPrimitives.ReadInt32LittleEndian(payload);

    /// <summary>Answers a request.</summary>
    public static async ValueTask<byte[]> AnswerAsync(int request)
    {
        await Task.Yield();
        byte[] payload = new byte[Size];
        BinaryPrimitives.WriteInt32LittleEndian(payload, Answers.For(request));
        return payload;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<byte[]>> CallAsync(int request, AttemptContext attempt, CancellationToken cancellationToken) =>
        Outcome<byte[]>.Answered(await AnswerAsync(request));
}
