using AiLib.Dataflow.Cli.Shutdown;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.Cli.Run;

/// <summary>Requests that come from standard input.</summary>
/// <remarks>
/// A job can only go on when its requests are still there, and a pipe can be read once. So they are kept in a file beside the results, and the job is one
/// on that file, which the same command, with the same requests or with none, continues. With results to standard output nothing is kept: the
/// requests are read as they come.
/// </remarks>
internal static class StandardInput
{
    /// <summary>What stands for it on the command line.</summary>
    public const string Name = "-";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The settings of a job on what standard input holds.</summary>
    /// <param name="settings">What the command line says.</param>
    /// <param name="terminal">Is told where requests are kept.</param>
    /// <returns>The settings; null when reading was interrupted, which leaves what an earlier run kept as it is.</returns>
    /// <exception cref="ConfigurationException">There is no place to keep them.</exception>
    public static async Task<RunSettings?> TakeAsync(RunSettings settings, TerminalWriter terminal)
    {
        if (settings.Input != Name || settings.WritesToStandardOutput || settings.DryRun)
        {
            return settings;
        }

        if (settings.Output is not { } output)
        {
            throw new ConfigurationException(
                ["The requests come from standard input: name the results with --output FILE (the requests are kept beside it), or --output - to keep neither."]);
        }

        string kept = PathBeside(output);
        using StopSignals signals = new(static _ => { });
        Stream input = TerminalWriter.OpenInput();
        await using (input.ConfigureAwait(Continuations.KeepContext))
        {
            try
            {
                terminal.Say(await KeepAsync(input, kept, signals.Stop).ConfigureAwait(Continuations.KeepContext));
                return settings with { Input = kept };
            }
            catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
            {
                return null;
            }
        }
    }

    /// <summary>Where the requests of a job with these results are kept.</summary>
    public static string PathBeside(string output) => Path.ChangeExtension(output, null) + ".input";

    /// <summary>Copies a stream to a file: whole, or not at all. Other requests that are kept there are moved aside.</summary>
    /// <returns>What a user should be told.</returns>
    internal static async Task<string> KeepAsync(Stream input, string path, CancellationToken cancellationToken)
    {
        string unfinished = path + ".part";
        long length = await CopyAsync(input, unfinished, cancellationToken).ConfigureAwait(Continuations.KeepContext);
        if (!File.Exists(path))
        {
            File.Move(unfinished, path);
            return FormattableString.Invariant($"The requests from standard input are kept in '{path}' ({length:N0} bytes).");
        }

        if (length == 0 || await AreEqualAsync(unfinished, path, cancellationToken).ConfigureAwait(Continuations.KeepContext))
        {
            File.Delete(unfinished);
            return $"The requests are those that '{path}' holds already.";
        }

        string aside = FreeName(path);
        File.Move(path, aside);
        File.Move(unfinished, path);
        return FormattableString.Invariant($"The requests from standard input are kept in '{path}' ({length:N0} bytes); the earlier ones are now '{aside}'.");
    }

    private static async Task<long> CopyAsync(Stream input, string path, CancellationToken cancellationToken)
    {
        // What an interrupted copy left behind. CreateNew after that: a link that somebody puts there is not followed.
        File.Delete(path);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        FileStream copy = new(path, options);
        await using (copy.ConfigureAwait(Continuations.KeepContext))
        {
            await input.CopyToAsync(copy, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            return copy.Length;
        }
    }

    private static async Task<bool> AreEqualAsync(string onePath, string otherPath, CancellationToken cancellationToken)
    {
        const int Piece = 64 * 1024;
        FileStream one = File.OpenRead(onePath);
        await using (one.ConfigureAwait(Continuations.KeepContext))
        {
            FileStream other = File.OpenRead(otherPath);
            await using (other.ConfigureAwait(Continuations.KeepContext))
            {
                byte[] ofOne = new byte[Piece];
                byte[] ofOther = new byte[Piece];
                bool areEqual = one.Length == other.Length;
                while (areEqual && one.Position < one.Length)
                {
                    int read = await one.ReadAtLeastAsync(ofOne, Piece, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(Continuations.KeepContext);
                    int readOther = await other.ReadAtLeastAsync(ofOther, Piece, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(Continuations.KeepContext);
                    areEqual = ofOne.AsSpan(0, read).SequenceEqual(ofOther.AsSpan(0, readOther));
                }

                return areEqual;
            }
        }
    }

    private static string FreeName(string path)
    {
        int number = 1;
        while (File.Exists(FormattableString.Invariant($"{path}.{number}")))
        {
            number++;
        }

        return FormattableString.Invariant($"{path}.{number}");
    }
}
