namespace AiLib.Dataflow.Cli.Config;

/// <summary>What a value of a configuration file is.</summary>
internal enum ConfigKind
{
    /// <summary>Members in braces.</summary>
    Object,

    /// <summary>Values in brackets.</summary>
    List,

    /// <summary>A string.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary><c>true</c>.</summary>
    True,

    /// <summary><c>false</c>.</summary>
    False,

    /// <summary><c>null</c>, which is never a value here.</summary>
    Null,
}
