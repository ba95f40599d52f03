using AiLib.Dataflow.Batch.Input;
using AiLib.Dataflow.Batch.Input.Ids;
using CsCheck;

namespace AiLib.Dataflow.Batch.Tests.Input.Ids;

public sealed class IdLedgerTests
{
    [Fact]
    public void It_agrees_with_two_sets_on_any_order_of_calls() =>
        Gen.Select(Gen.Int[0, 300], Gen.Bool).Array[0, 600].Sample(
            calls =>
            {
                using IdLedger ledger = new();
                HashSet<int> done = [];
                HashSet<int> seen = [];
                foreach ((int number, bool isDone) in calls)
                {
                    BatchId id = BatchId.OfLine(number);
                    if (isDone)
                    {
                        Assert.Equal(done.Add(number), ledger.MarkDone(id));
                    }
                    else
                    {
                        Assert.Equal((seen.Add(number), done.Contains(number)), (ledger.TrySee(id, out bool wasDone), wasDone));
                    }

                    Assert.Equal(done.Contains(number), ledger.IsDone(id));
                }

                Assert.Equal(done.Union(seen).Count(), ledger.Count);
            },
            iter: 2_000);

    [Fact]
    public void An_id_that_stays_in_memory_costs_about_10_bytes_whenever_one_looks()
    {
        using IdLedger ledger = new();

        for (int number = 0; number < 1_000_000; number++)
        {
            ledger.TrySee(BatchId.OfLine(number), out _);
            if (number >= 200_000)
            {
                Assert.True(ledger.Bytes <= 12L * ledger.Count, $"{ledger.Bytes} bytes for {ledger.Count} ids");
            }
        }

        Assert.Equal(1_000_000, ledger.Count);
        Assert.InRange(ledger.Bytes, 1, 10L * ledger.Count);
    }

    [Fact]
    public void What_is_known_of_an_id_outlives_every_growth()
    {
        const int Ids = 300_000;
        using IdLedger ledger = new();

        for (int number = 0; number < Ids; number++)
        {
            Assert.True(number % 3 == 0 ? ledger.MarkDone(BatchId.OfLine(number)) : ledger.TrySee(BatchId.OfLine(number), out _));
        }

        for (int number = 0; number < Ids; number++)
        {
            Assert.Equal(number % 3 == 0, ledger.IsDone(BatchId.OfLine(number)));
            Assert.Equal(number % 3 == 0, ledger.TrySee(BatchId.OfLine(number), out bool isDone));
            Assert.Equal(number % 3 == 0, isDone);
        }

        Assert.False(ledger.IsDone(BatchId.OfLine(Ids)));
        Assert.Equal(Ids, ledger.Count);
    }

    [Fact]
    public void Fingerprints_differ_where_any_bit_of_the_ids_does_and_from_one_ledger_to_the_next()
    {
        IdFingerprint fingerprint = new();
        BatchId id = BatchId.OfRequest("row-000001");
        HashSet<IdKey> found = [fingerprint.Of(id), new IdFingerprint().Of(id)];

        for (int bit = 0; bit < 64; bit++)
        {
            found.Add(fingerprint.Of(new BatchId(id.High ^ (1UL << bit), id.Low)));
            found.Add(fingerprint.Of(new BatchId(id.High, id.Low ^ (1UL << bit))));
        }

        Assert.Equal(2 + 128, found.Count);
        Assert.Equal(fingerprint.Of(id), fingerprint.Of(id));
    }

    [Fact]
    public void Every_row_and_every_bit_of_the_rest_is_used()
    {
        IdFingerprint fingerprint = new();
        int[] rows = new int[IdKey.Rows];
        int[] bits = new int[64];

        for (int number = 0; number < 102_400; number++)
        {
            (int row, ulong rest) = fingerprint.Of(BatchId.OfLine(number));
            rows[row]++;
            for (int bit = 0; bit < 64; bit++)
            {
                bits[bit] += (int)((rest >> bit) & 1);
            }
        }

        // Ten standard deviations around 100, and around a half.
        Assert.All(rows, static count => Assert.InRange(count, 1, 200));
        Assert.All(bits[..IdKey.RestBits], static count => Assert.InRange(count, 49_600, 52_800));
        Assert.All(bits[IdKey.RestBits..], static count => Assert.Equal(0, count));
    }

    [Fact]
    public void What_was_given_back_is_not_read_any_more()
    {
        IdLedger ledger = new();

        ledger.Dispose();

        Assert.Throws<ObjectDisposedException>(() => ledger.IsDone(BatchId.OfLine(1)));
    }

    [Fact]
    public void Ids_that_share_their_first_half_are_told_apart()
    {
        using IdLedger ledger = new();

        Assert.True(ledger.TrySee(new BatchId(5, 4), out _));
        Assert.True(ledger.TrySee(new BatchId(5, 8), out _));
        Assert.False(ledger.TrySee(new BatchId(5, 4), out _));
    }

    [Fact]
    public void A_printed_id_is_read_back()
    {
        BatchId id = BatchId.OfRequest("row-000001");

        Assert.True(BatchId.TryParse(id.ToString(), out BatchId read));
        Assert.Equal(id, read);
        Assert.Equal(id, BatchId.OfRequest("row-000001"));
        Assert.NotEqual(BatchId.OfRequest("line 1"), BatchId.OfLine(1));
        Assert.False(BatchId.TryParse("batch_req_x1", out _));
    }
}
