namespace AiLib.Dataflow.Batch.Output;

/// <summary>All that a job does with files, so that a test can stand in for the disk.</summary>
internal interface IFileSystem
{
    /// <summary>Whether there is a file.</summary>
    bool Exists(string path);

    /// <summary>The bytes of a file; 0 when there is none.</summary>
    long LengthOf(string path);

    /// <summary>Opens a file for reading from its start to its end.</summary>
    Stream OpenRead(string path);

    /// <summary>Opens a file for reading and writing, at its start, for nobody but us; makes it when it is not there.</summary>
    Stream OpenExclusive(string path);

    /// <summary>Makes a file for reading and writing that nobody else sees and that is gone when its stream is closed, however that comes about.</summary>
    /// <param name="near">Where: in the directory of this path, and named after it for the moment in which it has a name.</param>
    Stream OpenTemporary(string near);

    /// <summary>Forces what was written to a stream of <see cref="OpenExclusive"/> to the disk.</summary>
    /// <exception cref="IOException">It is not there, as far as can be known.</exception>
    void Sync(Stream stream);

    /// <summary>Forces the names in the directory of a file to the disk.</summary>
    /// <exception cref="IOException">They are not there, as far as can be known.</exception>
    void SyncDirectoryOf(string path);

    /// <summary>Gives a file another name in the same directory.</summary>
    void Move(string from, string to, bool overwrite);

    /// <summary>Removes a file, if it is there.</summary>
    void Delete(string path);
}
