using AiLib.Dataflow.Batch.Input;
using CsCheck;

namespace AiLib.Dataflow.Batch.Tests.Input;

public sealed class IdLedgerTests
{
    [Fact]
    public void It_agrees_with_two_sets_on_any_order_of_calls() =>
        Gen.Select(Gen.Int[0, 300], Gen.Bool).Array[0, 600].Sample(
            calls =>
            {
                IdLedger ledger = new();
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
    public void An_id_costs_at_most_24_bytes_whenever_one_looks()
    {
        IdLedger ledger = new();

        for (int number = 0; number < 1_000_000; number++)
        {
            ledger.TrySee(BatchId.OfLine(number), out _);
            if (number >= 1000)
            {
                Assert.True(ledger.Bytes <= 24L * ledger.Count, $"{ledger.Bytes} bytes for {ledger.Count} ids");
            }
        }

        Assert.Equal(1_000_000, ledger.Count);
    }

    [Fact]
    public void Ids_that_share_their_first_half_are_told_apart()
    {
        IdLedger ledger = new();

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
