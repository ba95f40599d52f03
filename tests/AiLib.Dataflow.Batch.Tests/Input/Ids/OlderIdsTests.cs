using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Input.Ids;
using CsCheck;

namespace AiLib.Dataflow.Batch.Tests.Input.Ids;

/// <summary>Ids that have left memory: they are known as before, and asking for them costs little.</summary>
public sealed class OlderIdsTests
{
    // Small enough for many volumes, large enough for the odds of the filter.
    private const int IdsOfVolume = 4_096;
    private const int Volumes = 20;
    private const int Ids = IdsOfVolume * Volumes;

    private enum Call
    {
        MarkDone,
        See,
        IsDone,
        UnmarkDone,
        SeeManyInOrder,
    }

    [Fact]
    public void A_ledger_agrees_with_a_dictionary_however_small_its_memory_and_whenever_its_file_is_full() =>
        Gen.Select(
            Gen.Int[1, 40],
            Gen.OneOf(Gen.Int[0, 4_000], Gen.Const(int.MaxValue)),
            Gen.Select(Gen.Enum<Call>(), Gen.Int[0, 300]).Array[0, 400]).Sample(
            (idsInMemory, capacity, calls) =>
            {
                using IdLedger ledger = new(() => new IdFile(capacity), idsInMemory);
                Dictionary<int, (bool IsDone, bool IsSeen)> model = [];
                foreach ((Call call, int number) in calls)
                {
                    Make(call, number, ledger, model);
                }

                Assert.Equal(model.Count, ledger.Count);
                for (int number = 0; number <= 300; number++)
                {
                    Assert.Equal(model.GetValueOrDefault(number).IsDone, ledger.IsDone(Id(number)));
                }
            },
            iter: 1_500);

    [Fact]
    public void What_cannot_be_written_stays_in_memory_and_is_said()
    {
        int opened = 0;
        using IdLedger ledger = new(
            () =>
            {
                opened++;
                throw new UnauthorizedAccessException("no");
            },
            idsInMemory: 100);

        for (int number = 0; number < 1_000; number++)
        {
            Assert.True(ledger.TrySee(Id(number), out _));
        }

        Assert.Equal((1, 1_000, "no"), (opened, ledger.Count, ledger.Failure?.Message));
        Assert.All(Enumerable.Range(0, 1_000), number => Assert.False(ledger.TrySee(Id(number), out _)));
    }

    [Fact]
    public void A_file_that_is_full_keeps_what_it_has_and_loses_nothing()
    {
        const int Volume = 100 * sizeof(ulong);
        using IdFile file = new(capacity: (3 * Volume) + 50);
        using IdLedger ledger = new(() => file, idsInMemory: 100);

        for (int number = 0; number < 1_000; number++)
        {
            Assert.True(ledger.MarkDone(Id(number)));
            Assert.Equal(number >= 399, ledger.Failure is not null);
        }

        Assert.Equal(3 * Volume, file.Length);
        Assert.All(Enumerable.Range(0, 1_000), number => Assert.True(ledger.IsDone(Id(number))));
        Assert.False(ledger.IsDone(Id(1_000)));
    }

    [Fact]
    public void A_new_id_is_hardly_ever_looked_for_in_the_file()
    {
        using IdLedger ledger = Full();

        // One in 200 at each of the volumes that there are, of which there are ten on average.
        Assert.InRange(ledger.Reads, 0, Ids / 12);
    }

    [Fact]
    public void Ids_that_are_asked_in_about_the_order_in_which_they_came_are_read_a_volume_at_a_time()
    {
        using IdLedger ledger = Full();
        Random random = new(1);
        int[] order = [.. Enumerable.Range(0, Ids).OrderBy(number => number + random.Next(IdsOfVolume / 4))];
        long before = ledger.Reads;

        foreach (int number in order)
        {
            Assert.True(ledger.TrySee(Id(number), out bool isDone));
            Assert.True(isDone);
        }

        // Eight of each volume, and now and then another one that does not have them.
        Assert.InRange(ledger.Reads - before, Volumes, 20 * Volumes);
    }

    [Fact]
    public void Ids_that_are_asked_in_any_order_cost_one_reading_each()
    {
        using IdLedger ledger = Full();
        int[] order = [.. Enumerable.Range(0, Ids)];
        new Random(1).Shuffle(order);
        long before = ledger.Reads;

        foreach (int number in order)
        {
            Assert.True(ledger.TrySee(Id(number), out bool isDone));
            Assert.True(isDone);
        }

        // Fewer where eight in a row are of one volume by chance, more where the filter names another volume as well.
        Assert.InRange(ledger.Reads - before, Ids / 2, Ids * 5 / 4);
    }

    [Fact]
    public void An_older_id_costs_two_bytes()
    {
        using IdLedger ledger = new(static () => new IdFile());

        for (ulong number = 0; number < 2_000_000; number++)
        {
            ledger.TrySee(new BatchId(number, number), out _);
            if (number % 1_000 == 0)
            {
                // The table, eight volumes' filter, and a bit for what was seen until all of a volume were.
                Assert.InRange(ledger.Bytes, 1, (2 * (long)ledger.Count) + 3_300_000);
            }
        }

        Assert.Equal(2_000_000, ledger.Count);
        Assert.InRange(ledger.Bytes, 1, 5_500_000);
    }

    [Fact]
    public void Marks_that_all_ids_of_a_volume_have_or_none_take_no_room()
    {
        MarkBits bits = new(100);

        Assert.Equal((0, false), (bits.Bytes, bits[99]));
        for (int index = 0; index < 100; index++)
        {
            bits[index] = true;
            Assert.Equal(index == 99 ? 0 : 16, bits.Bytes);
            Assert.True(bits[index]);
        }

        bits[50] = false;
        Assert.Equal((16, true, false, true), (bits.Bytes, bits[49], bits[50], bits[51]));
        bits[50] = true;
        Assert.Equal((0, true), (bits.Bytes, bits[50]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ids_that_the_file_has_lost_are_never_taken_for_new_ones(bool isCut)
    {
        using IdFile file = new();
        using IdLedger ledger = new(() => file, IdsOfVolume);
        for (int number = 0; number < IdsOfVolume; number++)
        {
            ledger.MarkDone(Id(number));
        }

        if (isCut)
        {
            file.SetLength(0);
        }
        else
        {
            file.Lose(0, (int)file.Length);
        }

        Assert.All(Enumerable.Range(0, IdsOfVolume), number => Assert.ThrowsAny<IOException>(() => ledger.TrySee(Id(number), out _)));
    }

    [Fact]
    public void A_volume_is_compared_with_what_was_written_when_it_is_read_as_a_whole()
    {
        IdFingerprint fingerprint = new();
        IdKey[] keys = [.. Enumerable.Range(0, 1_000).Select(number => fingerprint.Of(Id(number)))];
        using IdTable table = new();
        Assert.All(keys, key => Assert.Equal(IdMarks.None, table.Mark(key, IdMarks.Seen)));
        using IdFile file = new();
        file.Write("before"u8);
        IdVolume volume = IdVolume.Write(table, file, new IdBuffer());
        ulong[] all = new ulong[1_000];

        volume.Load(file, all);
        file.Lose((int)file.Length - sizeof(ulong), sizeof(ulong));

        Assert.Equal(Enumerable.Range(0, 1_000), keys.Select(key => volume.Find(key, all)).Order());
        Assert.Equal(-1, volume.Find(fingerprint.Of(Id(1_000)), all));
        Assert.ThrowsAny<IOException>(() => volume.Load(file, all));
    }

    private static BatchId Id(int number) => new((ulong)number, ~(ulong)number);

    private static IdLedger Full()
    {
        IdLedger ledger = new(static () => new IdFile(), IdsOfVolume);
        for (int number = 0; number < Ids; number++)
        {
            Assert.True(ledger.MarkDone(Id(number)));
        }

        Assert.Null(ledger.Failure);
        return ledger;
    }

    private static void Make(Call call, int number, IdLedger ledger, Dictionary<int, (bool IsDone, bool IsSeen)> model)
    {
        (bool isDone, bool isSeen) = model.GetValueOrDefault(number);
        switch (call)
        {
            case Call.MarkDone:
                Assert.Equal(!isDone, ledger.MarkDone(Id(number)));
                model[number] = (true, isSeen);
                break;
            case Call.See:
                Assert.Equal((!isSeen, isDone), (ledger.TrySee(Id(number), out bool wasDone), wasDone));
                model[number] = (isDone, true);
                break;
            case Call.IsDone:
                Assert.Equal(isDone, ledger.IsDone(Id(number)));
                break;
            case Call.UnmarkDone when isSeen:
                ledger.UnmarkDone(Id(number));
                model[number] = (false, true);
                break;
            case Call.SeeManyInOrder:
                for (int next = number; next < number + 20; next++)
                {
                    Make(Call.See, next % 301, ledger, model);
                }

                break;
        }
    }
}
