using System.Text.Json;
using AiLib.Dataflow.Simulator.Dialects;
using Microsoft.AspNetCore.Http;

namespace AiLib.Dataflow.Simulator.Serving;

/// <summary>The list of models. Any other name is accepted as well; these are examples.</summary>
internal static class ModelList
{
    private static readonly string[] Models = ["simulator", "simulator-small", "simulator-embedding"];

    /// <summary>Sends the list.</summary>
    public static async Task SendAsync(HttpContext context, Dialect dialect, string requestId)
    {
        using ResponseBuffer buffer = ResponseBuffer.Rent();
        Utf8JsonWriter json = buffer.BeginJson();
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        foreach (string model in Models)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, model);
            json.WriteString("object"u8, "model"u8);
            json.WriteNumber("created"u8, 1_760_000_000);
            json.WriteString("owned_by"u8, "simulator"u8);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        context.Response.Headers[dialect.RequestIdHeader] = requestId;
        await BodySender.SendAsync(context, 200, BodySender.Json, buffer.Written).ConfigureAwait(Continuations.KeepContext);
    }
}
