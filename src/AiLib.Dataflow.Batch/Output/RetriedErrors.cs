using System.Buffers;

namespace AiLib.Dataflow.Batch.Output;

/// <summary>Sets the errors aside that are to be tried again.</summary>
/// <remarks>
/// They get another name, so that what fails again has the file to itself. A run that is interrupted leaves them without a line anywhere, which is what makes the next run
/// continue with them.
/// </remarks>
/// <param name="places">Opens the files.</param>
/// <param name="path">The errors file.</param>
internal sealed class RetriedErrors(OutputPlaces places, string path)
{
    /// <summary>Sets them aside.</summary>
    /// <param name="selection">Which of them; null for all. The others keep their lines, in a file that takes the place of this one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether lines are left in the errors file.</returns>
    public async Task<bool> SetAsideAsync(ErrorSelection? selection, CancellationToken cancellationToken)
    {
        long kept = 0;
        Stream stream = places.OpenExclusive(path);
        await using (stream.ConfigureAwait(Continuations.KeepContext))
        {
            // Once for what is wrong with it: a file that is not ours is refused here as well.
            await OutputRecovery.RepairAsync(stream, path, places.Files, static (_, _) => { }, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            if (selection is not null)
            {
                kept = await SplitAsync(stream, selection, cancellationToken).ConfigureAwait(Continuations.KeepContext);
            }
            else if (stream.Length > 0)
            {
                places.Replace(SideFiles.Retrying(path), by: path);
            }
        }

        return kept > 0 || places.Files.LengthOf(path) > 0;
    }

    /// <summary>Copies those that are tried again into a file beside, and puts one with the others in their place.</summary>
    /// <returns>How many keep their line.</returns>
    private async Task<long> SplitAsync(Stream errors, ErrorSelection selection, CancellationToken cancellationToken)
    {
        string keeping = path + ".keeping";
        long kept = 0;
        using (OutputFile retried = places.OpenEmpty(SideFiles.Retrying(path)))
        using (OutputFile others = places.OpenEmpty(keeping))
        {
            ArrayBufferWriter<byte> buffer = new();
            errors.Position = 0;
            await OutputRecovery.ReadAsync(
                errors,
                (_, line) =>
                {
                    bool isRetried = selection.Includes(line);
                    kept += isRetried ? 0 : 1;
                    buffer.ResetWrittenCount();
                    buffer.Write(line);
                    buffer.Write("\n"u8);
                    (isRetried ? retried : others).Collect(buffer.WrittenSpan);
                },
                cancellationToken).ConfigureAwait(Continuations.KeepContext);
            retried.Commit();
            others.Commit();
        }

        // The one step that counts: before it every error has its line, after it those that are tried again have none.
        places.Replace(path, by: keeping);
        return kept;
    }
}
