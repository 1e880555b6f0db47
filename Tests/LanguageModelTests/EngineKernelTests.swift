import CKernels
import Foundation
import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

/// The levels of vector instructions that this machine has, plain code always among them.
private let levels: [Int32] = [DS_PLAIN, DS_AVX2, DS_AVX512].map { Int32($0) }.filter {
    ds_kernels_at($0) != nil
}
/// Around every vector width.
private let sizes = [1, 7, 8, 9, 63, 64, 65]

/// Each kernel against plain loops in Double.
@Suite("Kernels equal plain loops", .serialized)
struct EngineKernelTests {
    private func normals(_ count: Int, _ scale: Double = 1, seed: UInt64 = 1) -> [Float] {
        var stream = RandomStream(seed: seed, label: "\(count)")
        return (0..<count).map { _ in Float(scale * stream.normal()) }
    }

    private func kernels(_ level: Int32) throws -> ds_kernels { try #require(ds_kernels_at(level)).pointee }

    private func expectClose(
        _ actual: [Float], _ expected: [Double], absolute: Double = 1e-6, relative: Double = 1e-6, _ name: String
    ) {
        let close = compare(actual.map(Double.init), expected, absolute: absolute, relative: relative, name: name)
        #expect(close.isClose, "\(close)")
    }

    private func logSumExp(_ x: [Double]) -> Double {
        let top = x.max() ?? 0
        return top + log(x.reduce(0) { $0 + exp($1 - top) })
    }

    @Test("the plain level is always there and has its name")
    func plainLevel() throws {
        #expect(levels.contains(0))
        #expect(String(cString: try kernels(0).name) == "plain")
        #expect(ds_kernels_at(99) == nil)
    }

    @Test("exp over the whole range", arguments: levels)
    func exponential(level: Int32) throws {
        let k = try kernels(level)
        let x = stride(from: Float(-110), through: 88.7, by: 0.0371).map { $0 }
        var y = [Float](repeating: -1, count: x.count)
        k.exp(x, &y, x.count)
        // Two units in the last place, and one of the smallest number.
        expectClose(y, x.map { Double(Float(exp(Double($0)))) }, absolute: 1.5e-45, relative: 2.4e-7, "exp")
        let extremes: [Float] = [-.infinity, .infinity, .nan, 0, -0.0, 88.72, 88.73, -103, -104, 3e38, -3e38]
        var z = [Float](repeating: -1, count: extremes.count)
        k.exp(extremes, &z, extremes.count)
        #expect(z[0] == 0 && z[1] == .infinity && z[2].isNaN && z[3] == 1 && z[4] == 1)
        #expect(z[5].isFinite && z[6] == .infinity && z[8] == 0 && z[9] == .infinity && z[10] == 0)
    }

    @Test("GELU and its gradient, large arguments included", arguments: levels, sizes)
    func gelu(level: Int32, size: Int) throws {
        let k = try kernels(level)
        var x = normals(size, 3)
        x[0] = [100, -100, 1e30, -1e30, 0, 5.5, -5.5][size % 7]
        let dy = normals(size, seed: 2)
        var (y, dx) = ([Float](repeating: 9, count: size), dy)
        k.gelu.value(x, &y, size)
        dx.withUnsafeMutableBufferPointer { buffer in
            if let p = buffer.baseAddress { k.gelu.gradient(x, p, p, size) }  // in place
        }
        let root = (2 / Double.pi).squareRoot()
        func u(_ x: Double) -> Double { root * (x + 0.044715 * x * x * x) }
        expectClose(y, x.map { 0.5 * Double($0) * (1 + tanh(u(Double($0)))) }, "gelu")
        let expected = zip(x, dy).map { x, dy in
            let (x, t) = (Double(x), tanh(u(Double(x))))
            let slope = 0.5 * (1 + t) + 0.5 * x * max(0, 1 - t * t) * root * (1 + 3 * 0.044715 * x * x)
            return Double(dy) * (abs(x) > 20 ? (x > 0 ? 1 : 0) : slope)
        }
        expectClose(dx, expected, absolute: 2e-6, relative: 2e-6, "gelu'")
    }

    @Test("GELU by the error function, ReLU and their gradients", arguments: levels, sizes + [4001])
    func erfGELU(level: Int32, size: Int) throws {
        let k = try kernels(level)
        // The long one goes through every argument up to where the tail is below the smallest number.
        var x = size > 100 ? (0..<size).map { 0.0075 * Float($0 - size / 2) } : normals(size, 3)
        if size < 100 { x[0] = [100, -100, 1e30, -1e30, 0, 5.5, -5.5][size % 7] }
        let dy = normals(size, seed: 2)
        var (y, dx, rectified, slope) = ([Float](repeating: 9, count: size), dy, x, dy)
        k.erf_gelu.value(x, &y, size)
        dx.withUnsafeMutableBufferPointer { buffer in
            if let p = buffer.baseAddress { k.erf_gelu.gradient(x, p, p, size) }  // in place
        }
        let root = 2.0.squareRoot()
        func distribution(_ x: Double) -> Double { 0.5 * erfc(-x / root) }
        expectClose(y, x.map { Double($0) * distribution(Double($0)) }, "gelu")
        let expected = zip(x, dy).map { x, dy in
            let x = Double(x)
            return Double(dy) * (distribution(x) + x * exp(-0.5 * x * x) / (2 * Double.pi).squareRoot())
        }
        expectClose(dx, expected, absolute: 2e-6, relative: 2e-6, "gelu'")
        // Far below zero the value is its own tail, with digits of its own.
        let far = x.indices.filter { -13 < x[$0] && x[$0] < -1 }
        expectClose(
            far.map { y[$0] }, far.map { Double(x[$0]) * distribution(Double(x[$0])) }, absolute: 1e-37,
            relative: 3e-5, "tail")
        k.relu.value(x, &rectified, size)
        k.relu.gradient(x, dy, &slope, size)
        #expect(rectified == x.map { max($0, 0) })
        #expect(slope == zip(x, dy).map { $0 > 0 ? $1 : 0 })
    }

    @Test("soft cap and its gradient, small values with digits of their own", arguments: levels, sizes)
    func softCap(level: Int32, size: Int) throws {
        let k = try kernels(level)
        for spread in [0.001, 3, 300] {
            let (x, dy) = (normals(size, spread), normals(size, seed: 6))
            var (y, slope) = (x, dy)
            k.soft_cap(&y, size, 0.5, 2)
            expectClose(y, x.map { 2 * tanh(Double($0) / 4) }, absolute: 1e-37, relative: 1e-6, "cap")
            k.soft_cap_gradient(y, &slope, size, 0.5, 2)
            let expected = zip(x, dy).map { x, dy in 0.5 * Double(dy) / pow(cosh(Double(x) / 4), 2) }
            expectClose(slope, expected, absolute: 1e-6, relative: 1e-6, "cap'")
        }
    }

    @Test("log-sum-exp, softmax and KL with their gradients", arguments: levels, sizes + [2500])
    func softmax(level: Int32, size: Int) throws {
        let k = try kernels(level)
        for scale in [1.0, 40] {
            let (x, r) = (normals(size, scale), normals(size, scale, seed: 5))
            let (dx, dr) = (x.map(Double.init), r.map(Double.init))
            let (logSum, reference) = (logSumExp(dx), logSumExp(dr))
            expectClose([k.log_sum_exp(x, size)], [logSum], "log-sum-exp")
            var p = x
            k.scaled_softmax(&p, size, Float(logSum), -2)
            expectClose(p, dx.map { -2 * exp($0 - logSum) }, relative: 2e-5, "softmax")
            let terms = zip(dx, dr).map { x, r in exp(r - reference) * ((r - reference) - (x - logSum)) }
            let kl = k.kl_divergence(r, x, size, Float(reference), Float(logSum))
            expectClose([Float(kl)], [terms.reduce(0, +)], absolute: 1e-5, relative: 2e-5, "KL")
            var gradient = x
            k.kl_gradient(r, &gradient, size, Float(reference), Float(logSum), 3)
            expectClose(
                gradient, zip(dx, dr).map { 3 * (exp($0 - logSum) - exp($1 - reference)) }, absolute: 1e-5,
                "KL gradient")
        }
    }

    @Test("KL of nearly equal rows keeps its digits", arguments: levels)
    func smallDivergence(level: Int32) throws {
        let k = try kernels(level)
        let r = normals(1000)
        let noise = normals(1000, seed: 9)
        let x = zip(r, noise).map { $0 + 1e-3 * $1 }
        let (dx, dr) = (x.map(Double.init), r.map(Double.init))
        let (logSum, reference) = (logSumExp(dx), logSumExp(dr))
        let exact = zip(dx, dr).reduce(0.0) { sum, pair in
            sum + exp(pair.1 - reference) * ((pair.1 - reference) - (pair.0 - logSum))
        }
        let kl = k.kl_divergence(r, x, 1000, k.log_sum_exp(r, 1000), k.log_sum_exp(x, 1000))
        #expect(abs(kl - exact) < 2e-3 * exact, "\(kl) for \(exact)")
        #expect(k.kl_divergence(r, r, 1000, k.log_sum_exp(r, 1000), k.log_sum_exp(r, 1000)) == 0)
    }

    @Test("log-sum-exp of extremes", arguments: levels)
    func extremeSums(level: Int32) throws {
        let k = try kernels(level)
        #expect(k.log_sum_exp([-.infinity, -.infinity], 2) == -.infinity)
        #expect(k.log_sum_exp([0, .infinity, 3], 3) == .infinity)
        #expect(k.log_sum_exp([1, .nan, 3], 3).isNaN)
        #expect(k.log_sum_exp([1e30, -1e30, 0], 3) == 1e30)
    }

    @Test(
        "causal softmax, again from its sums, and its gradient, with and without a window", arguments: levels,
        [1, 7, 9, 33])
    func causal(level: Int32, rows: Int) throws {
        let k = try kernels(level)
        let first = rows / 2
        let columns = first + rows
        let stride = columns + 3
        let scores = normals(rows * stride, 2)
        let dp = normals(rows * stride, seed: 3)
        for window in [Int.max / 2, 5, 1] {
            var (p, again, ds) = (scores, scores, dp)
            var logSums = [Float](repeating: 0, count: rows)
            k.causal_softmax(&p, rows, columns, stride, first, window, 0.3, &logSums)
            k.causal_probabilities(&again, rows, columns, stride, first, window, 0.3, logSums)
            k.causal_softmax_gradient(p, &ds, rows, columns, stride, first, window, 0.3)
            for row in 0..<rows {
                let visible = max(0, first + row + 1 - window)..<first + row + 1
                let x = visible.map { 0.3 * Double(scores[row * stride + $0]) }
                let logSum = logSumExp(x)
                let before = [Double](repeating: 0, count: visible.lowerBound)
                let after = [Double](repeating: 0, count: columns - visible.upperBound)
                let expected = x.map { exp($0 - logSum) }
                let dot = zip(visible, expected).reduce(0) { $0 + $1.1 * Double(dp[row * stride + $1.0]) }
                let range = row * stride..<row * stride + columns
                expectClose([logSums[row]], [logSum], "log sum")
                expectClose(Array(p[range]), before + expected + after, "probabilities")
                expectClose(Array(again[range]), before + expected + after, absolute: 2e-6, "probabilities again")
                let slopes = zip(visible, expected).map { 0.3 * $1 * (Double(dp[row * stride + $0]) - dot) }
                expectClose(Array(ds[range]), before + slopes + after, "gradient")
                #expect(p[range.upperBound..<(row + 1) * stride] == scores[range.upperBound..<(row + 1) * stride])
            }
        }
    }

    @Test("RMS norm, again from its statistics, and its gradient", arguments: levels, sizes)
    func rmsNorm(level: Int32, size: Int) throws {
        let k = try kernels(level)
        let rows = 3
        let (x, gain, dy) = (normals(rows * size, 2), normals(size, seed: 4), normals(rows * size, seed: 5))
        let epsilon: Float = 1e-3
        for offset: Float in [0, 1] {
            var (y, again) = (x, x)
            var (dx, dgain) = ([Float](repeating: 0.5, count: rows * size), [Float](repeating: 0.25, count: size))
            var statistics = [Float](repeating: 0, count: rows)
            k.rms_norm(x, gain, offset, &y, &statistics, rows, size, epsilon)
            k.rms_norm_again(x, gain, offset, &again, statistics, rows, size)
            k.rms_norm_gradient(x, gain, offset, statistics, dy, &dx, 1, &dgain, rows, size)
            #expect(y == again)
            var gains = [Double](repeating: 0.25, count: size)
            for row in 0..<rows {
                let range = row * size..<(row + 1) * size
                let value = x[range].map(Double.init)
                let rstd = 1 / (value.reduce(0) { $0 + $1 * $1 } / Double(size) + Double(epsilon)).squareRoot()
                let h = value.map { $0 * rstd }
                let scale = gain.map { Double($0) + Double(offset) }
                let g = zip(dy[range], scale).map { Double($0) * $1 }
                let mean = zip(g, h).reduce(0) { $0 + $1.0 * $1.1 } / Double(size)
                expectClose(Array(y[range]), zip(h, scale).map { $0 * $1 }, "norm")
                expectClose(Array(dx[range]), zip(g, h).map { 0.5 + rstd * ($0 - $1 * mean) }, absolute: 2e-5, "dx")
                for i in 0..<size { gains[i] += Double(dy[range.lowerBound + i]) * h[i] }
            }
            expectClose(dgain, gains, absolute: 2e-5, "dgain")
        }
    }

    @Test("every activation and its gradients, gated and not", arguments: levels, sizes)
    func activations(level: Int32, size: Int) throws {
        let k = try kernels(level)
        var x = normals(size, 3)
        x[size / 2] = 12  // where the clipped one is flat
        let (up, dy) = (normals(size, seed: 4), normals(size, seed: 5))
        func slope(_ f: (Double) -> Double, _ x: Double) -> Double { (f(x + 1e-5) - f(x - 1e-5)) / 2e-5 }
        let functions: [(ActivationFunction, ds_activation)] = [
            (.gelu, k.erf_gelu), (.tanhGELU, k.gelu), (.clippedGELU, k.clipped_gelu), (.quickGELU, k.quick_gelu),
            (.relu, k.relu), (.squaredReLU, k.squared_relu), (.silu, k.silu), (.tanh, k.tanh),
        ]
        #expect(functions.count == ActivationFunction.allCases.count)
        for (function, kernel) in functions {
            let f = definition(function)
            let (values, slopes) = (x.map { f(Double($0)) }, x.map { slope(f, Double($0)) })
            func against(_ x: [Float], _ y: [Double]) -> [Double] { zip(x, y).map { Double($0) * $1 } }
            var (y, dx, gated, dgate, dup) = (x, x, x, x, x)
            kernel.value(x, &y, size)
            kernel.gradient(x, dy, &dx, size)
            kernel.gated(x, up, &gated, size)
            kernel.gated_gradient(x, up, dy, &dgate, &dup, size)
            expectClose(y, values, absolute: 1e-5, "\(function)")
            expectClose(dx, against(dy, slopes), absolute: 2e-5, "\(function), slope")
            expectClose(gated, against(up, values), absolute: 1e-5, "gated \(function)")
            expectClose(dgate, against(up, against(dy, slopes)), absolute: 2e-5, "gated \(function), dgate")
            expectClose(dup, against(dy, values), absolute: 1e-5, "gated \(function), dup")
        }
    }

    @Test("a rotation by position, and back", arguments: levels, [2, 6, 34])
    func rotate(level: Int32, size: Int) throws {
        let k = try kernels(level)
        let (half, x) = (size / 2, normals(3 * size))
        let angles = (0..<half).map { 0.3 + Double($0) }
        let (cosines, sines) = (angles.map { Float(cos($0)) }, angles.map { Float(sin($0)) })
        var y = x
        k.rotate(&y, cosines, sines, 1, 3, half)
        let expected = (0..<3 * size).map { index -> Double in
            let (row, i) = index.quotientAndRemainder(dividingBy: size)
            let (a, b) = (Double(x[row * size + i % half]), Double(x[row * size + half + i % half]))
            let angle = angles[i % half]
            return i < half ? a * cos(angle) - b * sin(angle) : b * cos(angle) + a * sin(angle)
        }
        expectClose(y, expected, "rotated")
        k.rotate(&y, cosines, sines, -1, 3, half)
        expectClose(y, x.map(Double.init), "back")
    }

    @Test("layer norm and its gradient", arguments: levels, sizes)
    func layerNorm(level: Int32, size: Int) throws {
        let k = try kernels(level)
        let rows = 3
        let (x, gain, bias) = (normals(rows * size, 2), normals(size, seed: 2), normals(size, seed: 3))
        let (dy, start) = (normals(rows * size, seed: 4), normals(rows * size, seed: 5))
        var y = [Float](repeating: 9, count: rows * size)
        var again = y
        var statistics = [Float](repeating: 0, count: 2 * rows)
        var (dx, added, dgain, dbias) = (y, start, bias, gain)
        k.layer_norm(x, gain, bias, &y, &statistics, rows, size, 1e-5)
        k.layer_norm_again(x, gain, bias, &again, statistics, rows, size)
        #expect(y == again)
        k.layer_norm_gradient(x, gain, statistics, dy, &dx, 0, nil, nil, rows, size)
        k.layer_norm_gradient(x, gain, statistics, dy, &added, 1, &dgain, &dbias, rows, size)
        var (wantGain, wantBias) = (bias.map(Double.init), gain.map(Double.init))
        for row in 0..<rows {
            let range = row * size..<(row + 1) * size
            let values = x[range].map(Double.init)
            let mean = values.reduce(0, +) / Double(size)
            let rstd = 1 / (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size) + 1e-5).squareRoot()
            let h = values.map { ($0 - mean) * rstd }
            expectClose(
                Array(y[range]), (0..<size).map { h[$0] * Double(gain[$0]) + Double(bias[$0]) }, absolute: 3e-6, "y")
            let g = (0..<size).map { Double(dy[row * size + $0]) * Double(gain[$0]) }
            let meanG = g.reduce(0, +) / Double(size)
            let meanGH = zip(g, h).reduce(0) { $0 + $1.0 * $1.1 } / Double(size)
            let slope = (0..<size).map { rstd * (g[$0] - meanG - h[$0] * meanGH) }
            // A row of one element has no variance: rstd is 316 and so is the rounding.
            let absolute = size == 1 ? 1e-4 : 5e-6
            expectClose(Array(dx[range]), slope, absolute: absolute, relative: 1e-5, "dx")
            expectClose(
                Array(added[range]), zip(slope, start[range]).map { $0 + Double($1) }, absolute: absolute,
                relative: 1e-5, "added dx")
            for i in 0..<size {
                wantGain[i] += Double(dy[row * size + i]) * h[i]
                wantBias[i] += Double(dy[row * size + i])
            }
        }
        expectClose(dgain, wantGain, absolute: 1e-5, "dgain")
        expectClose(dbias, wantBias, absolute: 1e-5, "dbias")
    }

    @Test("sums, scalings and row sums", arguments: levels, sizes + [3000])
    func linearKernels(level: Int32, size: Int) throws {
        let k = try kernels(level)
        let (x, y, bias) = (normals(3 * size), normals(3 * size, seed: 2), normals(size, seed: 3))
        func pairs(_ f: (Double, Double) -> Double) -> [Double] { zip(x, y).map { f(Double($0), Double($1)) } }
        var out = y
        k.axpy(0.5, x, &out, 3 * size)
        expectClose(out, pairs { $1 + 0.5 * $0 }, "axpy")
        k.add(x, y, &out, 3 * size)
        expectClose(out, pairs { $0 + $1 }, "add")
        out = x
        k.scale(-3, &out, 3 * size)
        expectClose(out, x.map { -3 * Double($0) }, "scale")
        k.add_bias(x, bias, &out, 3, size)
        expectClose(out, x.indices.map { Double(x[$0]) + Double(bias[$0 % size]) }, "bias")
        k.add_bias(nil, bias, &out, 3, size)
        #expect(out == bias + bias + bias)
        var sums = bias
        k.add_rows(x, &sums, 3, size)
        expectClose(
            sums, (0..<size).map { i in (0..<3).reduce(Double(bias[i])) { $0 + Double(x[$1 * size + i]) } }, "rows")
        let squares = k.sum_of_squares(x, 3 * size)
        #expect(abs(squares - x.reduce(0) { $0 + Double($1) * Double($1) }) < 1e-5 * squares)
    }

    @Test("AdamW and SGD of one step", arguments: levels, sizes)
    func optimizers(level: Int32, size: Int) throws {
        let k = try kernels(level)
        let (p0, g, m0) = (normals(size), normals(size, seed: 2), normals(size, seed: 3))
        let v0 = normals(size, seed: 4).map { $0 * $0 }
        var (p, m, v) = (p0, m0, v0)
        k.adamw(&p, g, &m, &v, size, 0.5, 0.9, 0.99, 0.999, 0.01, 1.25, 1e-8)
        var (wantM, wantV, wantP): ([Double], [Double], [Double]) = ([], [], [])
        var (momentum, withMomentum, plain): ([Double], [Double], [Double]) = ([], [], [])
        for i in 0..<size {
            let (start, slope) = (Double(p0[i]), 0.5 * Double(g[i]))
            let first = 0.9 * Double(m0[i]) + 0.1 * slope
            let second = 0.99 * Double(v0[i]) + 0.01 * slope * slope
            wantM.append(first)
            wantV.append(second)
            wantP.append(start * 0.999 - 0.01 * first / (1.25 * second.squareRoot() + 1e-8))
            momentum.append(0.9 * Double(m0[i]) + slope + 0.01 * start)
            withMomentum.append(start - 0.1 * momentum[i])
            plain.append(start - 0.1 * (slope + 0.01 * start))
        }
        expectClose(m, wantM, "first moment")
        expectClose(v, wantV, "second moment")
        expectClose(p, wantP, "parameters")
        (p, m) = (p0, m0)
        k.sgd(&p, g, &m, size, 0.5, 0.1, 0.01, 0.9)
        expectClose(m, momentum, "momentum")
        expectClose(p, withMomentum, "parameters with momentum")
        p = p0
        k.sgd(&p, g, nil, size, 0.5, 0.1, 0.01, 0.9)
        expectClose(p, plain, "parameters without")
    }
}
