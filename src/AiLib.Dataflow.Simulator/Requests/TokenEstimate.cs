namespace AiLib.Dataflow.Simulator.Requests;

/// <summary>A cheap, repeatable estimate of tokens: four bytes of text each, and a little for every message.</summary>
internal static class TokenEstimate
{
    private const int BytesPerToken = 4;
    private const int TokensPerMessage = 4;
    private const int TokensPerChat = 3;

    /// <summary>The tokens of a text of this many bytes.</summary>
    public static int OfText(long bytes) => (int)((bytes + BytesPerToken - 1) / BytesPerToken);

    /// <summary>The tokens of a chat of this many messages and bytes of text.</summary>
    public static int OfChat(int messages, long bytes) => OfText(bytes) + (messages * TokensPerMessage) + TokensPerChat;
}
