// A simulated run owns its thread; two at once would gain nothing on two cores that run other tests too.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
