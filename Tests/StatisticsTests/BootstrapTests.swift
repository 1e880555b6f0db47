import LinearAlgebra
import Statistics
import TestSupport
import Testing

@Suite("Bootstrap")
struct BootstrapTests {
    private func normals(_ count: Int, seed: UInt64, mean: Double = 0) -> [Double] {
        var stream = RandomStream(seed: seed, label: "test")
        return (0..<count).map { _ in mean + stream.normal() }
    }

    @Test("the standard error of a mean is its deviation over √n")
    func standardError() throws {
        let values = normals(200, seed: 3)
        var stream = RandomStream(seed: 1)
        let bootstrap = Bootstrap(columns: [values], draws: 20_000, stream: &stream)
        let expected = try #require(Summary.deviation(values)) / Double(200).squareRoot()
        #expect(abs(bootstrap.standardError() / expected - 1) < 0.02)
        #expect(abs(bootstrap.estimates[0] - Summary.mean(values)) < 1e-12)
    }

    @Test("95 % intervals hold the true mean in about 95 of 100 samples, clustered samples only when clustered")
    func coverage() {
        var (plain, flat, clustered) = (0, 0, 0)
        for seed in 0..<300 as Range<UInt64> {
            var stream = RandomStream(seed: seed, label: "coverage")
            let values = normals(60, seed: seed)
            let bootstrap = Bootstrap(columns: [values], draws: 1_000, stream: &stream)
            let interval = bootstrap.acceleratedInterval(level: 0.95)
            if interval.lower <= 0, 0 <= interval.upper { plain += 1 }

            // 30 clusters of 8 items that share most of their deviation.
            let centers = normals(30, seed: seed + 10_000)
            let noise = normals(240, seed: seed + 20_000)
            let clusters = (0..<240).map { $0 / 8 }
            let shared = (0..<240).map { centers[$0 / 8] + 0.3 * noise[$0] }
            let wrong = Bootstrap(columns: [shared], draws: 1_000, stream: &stream).acceleratedInterval(level: 0.95)
            let right = Bootstrap(columns: [shared], clusters: clusters, draws: 1_000, stream: &stream)
                .acceleratedInterval(level: 0.95)
            if wrong.lower <= 0, 0 <= wrong.upper { flat += 1 }
            if right.lower <= 0, 0 <= right.upper { clustered += 1 }
        }
        // Binomial(300, 0.95) lies in 272…297 with probability above 0.999; small samples cost a little.
        #expect((268...298).contains(plain), "plain intervals cover \(plain) of 300")
        #expect((262...298).contains(clustered), "clustered intervals cover \(clustered) of 300")
        #expect(flat < 200, "intervals that ignore clusters cover \(flat) of 300")
    }

    @Test("columns are paired: the interval of a difference of equal columns is a point")
    func paired() {
        let values = normals(50, seed: 1)
        var stream = RandomStream(seed: 2)
        let bootstrap = Bootstrap(columns: [values, values.map { $0 + 1 }], draws: 500, stream: &stream)
        for (a, b) in zip(bootstrap.replicates[0], bootstrap.replicates[1]) { #expect(abs(b - a - 1) < 1e-12) }
    }

    @Test("the replicates do not depend on the number of threads, and a constant has an interval of no width")
    func deterministic() {
        let values = normals(101, seed: 5)
        let before = Threads.count
        defer { Threads.use(before) }
        var all: [[Double]] = []
        for threads in [1, 3] {
            Threads.use(threads)
            var stream = RandomStream(seed: 9)
            all.append(Bootstrap(columns: [values], draws: 1_001, stream: &stream).replicates[0])
        }
        #expect(all[0] == all[1])
        var stream = RandomStream(seed: 9)
        let zeros = Bootstrap(columns: [[0, 0, 0, 0]], draws: 100, stream: &stream).acceleratedInterval(level: 0.95)
        #expect(zeros == (0, 0))
    }

    @Test("BCa follows a skewed sample: its interval lies further to the long side than the percentile interval")
    func skewed() {
        let values = normals(40, seed: 8).map { $0 * $0 * $0 * $0 }
        var stream = RandomStream(seed: 4)
        let bootstrap = Bootstrap(columns: [values], draws: 5_000, stream: &stream)
        let (plain, accelerated) = (
            bootstrap.percentileInterval(level: 0.95), bootstrap.acceleratedInterval(level: 0.95)
        )
        #expect(accelerated.upper > plain.upper)
        #expect(accelerated.lower > plain.lower)
    }
}
