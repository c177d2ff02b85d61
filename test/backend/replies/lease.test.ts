import {
  judge,
  renewLease,
  type Lease,
} from "../../../app/backend/replies/failover/lease";

const LEASE_MS = 4_000;

const inspection = {
  latestEntry: 1,
  tail: { entry: 1, bytes: 100 },
  header: {
    format: 1,
    kind: "epoch" as const,
    epoch: 1,
    holder: "http://127.0.0.1:1",
    process: "one",
    keep: 0,
  },
  isHandedOver: false,
};

/** Inspects once a second. */
function leaseAfter(
  seconds: number,
  change: (second: number) => Partial<Lease> = () => ({}),
  isSuspect = false,
): Lease {
  let lease: Lease | undefined;
  for (let second = 0; second <= seconds; second++) {
    const options = { now: second * 1_000, maxGapMs: 2_000, isSuspect };
    lease = renewLease(lease, { ...inspection, ...change(second) }, options);
  }
  return lease!;
}

it("expires when the log has not grown for a lease", () => {
  expect(judge(leaseAfter(1), LEASE_MS)).toBe("alive");
  expect(judge(leaseAfter(4), LEASE_MS)).toBe("expired");
});

it("is renewed by every line", () => {
  const lease = leaseAfter(60, (second) => ({
    tail: { entry: 1, bytes: 100 + second },
  }));
  expect(judge(lease, LEASE_MS)).toBe("alive");
});

it("expires at once after a handover", () => {
  const lease = leaseAfter(0, () => ({ isHandedOver: true }));
  expect(judge(lease, LEASE_MS)).toBe("expired");
});

it("asks for one probe of the owner after half of it", () => {
  const lease = leaseAfter(2);
  expect(judge(lease, LEASE_MS)).toBe("probe");
  expect(judge({ ...lease, wasProbed: true }, LEASE_MS)).toBe("alive");
});

it("expires after half of it for a suspect owner", () => {
  expect(judge(leaseAfter(1, undefined, true), LEASE_MS)).toBe("alive");
  expect(judge(leaseAfter(2, undefined, true), LEASE_MS)).toBe("expired");
});

it("asks for no probe while an entry has no header", () => {
  const lease = leaseAfter(3, () => ({ header: undefined, tail: undefined }));
  expect(judge(lease, LEASE_MS)).toBe("alive");
});

it("survives a pause of the process that watches it", () => {
  const resumed = { now: 3_600_000, maxGapMs: 2_000, isSuspect: false };
  const lease = renewLease(leaseAfter(1), inspection, resumed);
  expect(judge(lease, LEASE_MS)).toBe("probe");
});
