"""How every network is trained: batches, pools, phases, snapshots."""
