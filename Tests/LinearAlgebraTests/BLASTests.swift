import Foundation
import LinearAlgebra
import Synchronization
import TestSupport
import Testing

@Suite("Matrix products")
struct BLASTests {
    @Test("small products of awkward shapes are those of a plain loop, fast enough for every start")
    func check() throws {
        try BLAS.check()
        let clock = ContinuousClock()
        // The kernels are made when they are first used; what a start pays is told, not asked for.
        print("check of the products: \(try clock.measure { try BLAS.check() }), \(BLAS.kernels)")
    }

    @Test(
        "the kernels use vectors as wide as the processor's",
        .enabled(
            if: ProcessInfo.processInfo.environment["DNNL_MAX_CPU_ISA"] == nil,
            "DNNL_MAX_CPU_ISA holds the kernels at other instructions"))
    func width() {
        if let lanes = BLAS.lanes { #expect(lanes.used >= lanes.offered, "\(BLAS.kernels)") }
    }

    @Test(
        "a product shared over threads is the product of one thread",
        arguments: [(229, 768, 96), (16, 5_000, 64), (3_000, 17, 64), (512, 512, 64)])
    func threads(m: Int, n: Int, k: Int) {
        var random = RandomStream(seed: 3, label: "\(m)x\(n)x\(k)")
        let a = (0..<m * k).map { _ in Float(random.normal()) }
        let b = (0..<n * k).map { _ in Float(random.normal()) }
        var (shared, alone) = ([Float](repeating: .nan, count: m * n), [Float](repeating: .nan, count: m * n))
        BLAS.gemm(transposeB: true, m: m, n: n, k: k, a, lda: k, b, ldb: k, &shared, ldc: n)
        // Inside of a loop a product has its own thread alone.
        alone.withUnsafeMutableBufferPointer { alone in
            nonisolated(unsafe) let out = alone.baseAddress!
            parallelLanes(2) { lane, _ in
                #expect(Threads.count == 1 || Threads.available == 1)
                if lane == 0 { BLAS.gemm(transposeB: true, m: m, n: n, k: k, a, lda: k, b, ldb: k, out, ldc: n) }
            }
        }
        let disagreement = compare(shared, alone, absolute: 1e-5, relative: 1e-5, name: "\(m) × \(n) × \(k)")
        #expect(disagreement.isClose, "\(disagreement)")
    }

    /// Multiplies several shapes `rounds` times each; the worst difference from the products of the first round.
    private static func multiply(_ rounds: Int) -> Float {
        var worst: Float = 0
        for (m, n, k) in [(64, 64, 64), (40, 64, 17), (229, 96, 96), (17, 31, 13), (300, 500, 96)] {
            let (a, b) = ((0..<m * k).map { Float($0 % 7 - 3) }, (0..<n * k).map { Float($0 % 5 - 2) })
            var first: [Float] = []
            for _ in 0..<rounds {
                var c = [Float](repeating: .nan, count: m * n)
                BLAS.gemm(transposeB: true, m: m, n: n, k: k, a, lda: k, b, ldb: k, &c, ldc: n)
                if first.isEmpty { first = c }
                // NaN is a difference, too.
                if c != first { worst = max(worst, zip(c, first).reduce(1e-30) { max($0, abs($1.0 - $1.1)) }) }
            }
        }
        return worst
    }

    @Test("signals that are handled while products run leave them, and all other memory, as they are")
    func signals() throws {
        signal(SIGURG) { _ in }
        defer { signal(SIGURG, SIG_DFL) }
        let done = DispatchSemaphore(value: 0)
        let worst = Mutex<Float>(.nan)
        let target = Mutex<pthread_t?>(nil)
        let thread = Thread {
            var urgent = sigset_t()
            sigemptyset(&urgent)
            sigaddset(&urgent, SIGURG)
            pthread_sigmask(SIG_UNBLOCK, &urgent, nil)
            target.withLock { $0 = pthread_self() }
            let found = Self.multiply(400)
            target.withLock { $0 = nil }
            worst.withLock { $0 = found }
            done.signal()
        }
        thread.start()
        var sent = 0
        while done.wait(timeout: .now() + .microseconds(200)) == .timedOut {
            target.withLock { if let thread = $0, pthread_kill(thread, SIGURG) == 0 { sent += 1 } }
        }
        #expect(sent > 10 && worst.withLock { $0 } == 0)
    }

    @Test("an inner size of 0 leaves beta times what was there; with beta 0 nothing that was there is read")
    func edges() {
        var c: [Float] = [1, 2, 3, 4]
        BLAS.gemm(m: 2, n: 2, k: 0, [0], lda: 1, [0], ldb: 2, beta: 0.5, &c, ldc: 2)
        #expect(c == [0.5, 1, 1.5, 2])
        c = [.nan, .infinity, .nan, .nan]
        BLAS.gemm(m: 2, n: 2, k: 1, [1, 2], lda: 1, [3, 4], ldb: 2, &c, ldc: 2)
        #expect(c == [3, 4, 6, 8])
    }
}

@Suite("Random numbers")
struct RandomTests {
    @Test("χ² numbers have the mean and the variance of their degrees of freedom", arguments: [1, 2, 3, 7, 100])
    func chiSquare(degrees: Int) {
        var stream = RandomStream(seed: UInt64(degrees))
        let count = 20_000
        let values = (0..<count).map { _ in stream.chiSquare(degrees: degrees) }
        let mean = values.reduce(0, +) / Double(count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
        let k = Double(degrees)
        #expect(abs(mean - k) < 5 * (2 * k / Double(count)).squareRoot())
        // The fourth central moment is 12 k² + 48 k.
        #expect(abs(variance - 2 * k) < 5 * ((8 * k * k + 48 * k) / Double(count)).squareRoot())
        #expect(stream.chiSquare(degrees: 0) == 0)
    }
}
