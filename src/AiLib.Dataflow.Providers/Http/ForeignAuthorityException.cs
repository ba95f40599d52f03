namespace AiLib.Dataflow.Providers.Http;

/// <summary>A message was about to leave for a host that the endpoint's key does not belong to. Nothing was sent.</summary>
internal sealed class ForeignAuthorityException(string? host)
    : Exception($"Refused to send to {host ?? "an unknown host"}: the key belongs to another scheme, host or port.");
