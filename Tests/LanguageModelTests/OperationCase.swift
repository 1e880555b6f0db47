import LanguageModel
import LinearAlgebra
import TestSupport
import Testing

/// An operation and its reference of plain loops in Double; every input is a parameter, so that each has a gradient.
struct OperationCase: Sendable, CustomTestStringConvertible {
    let name: String
    let inputs: [(name: String, shape: [Int])]
    let operation: @Sendable (Tape, (String) -> Parameter) -> Activation
    let reference: @Sendable ((String) -> [Double]) -> [Double]
    var testDescription: String { name }
}

/// An activation whose gradient arrives in the table it was read from.
func input(_ tape: Tape, _ parameter: Parameter, _ rows: Int, zero: Parameter) -> Activation {
    tape.embedding(
        tokens: (0..<rows).map(Int32.init), positions: [Int32](repeating: 0, count: rows), tokenWeight: parameter,
        positionWeight: zero)
}

extension OperationCase {
    /// Value, and every gradient against central differences of the reference.
    func check() {
        var layout = ParameterLayout()
        for (name, shape) in inputs { layout.append(name, shape, .mlp) }
        let (values, gradient) = (FloatBuffer(count: layout.count), FloatBuffer(count: layout.count))
        var stream = RandomStream(seed: 7, label: name)
        for i in 0..<layout.count { values.pointer[i] = Float(stream.normal()) }

        let workspace = Workspace()
        let tape = Tape(workspace, values: values, gradient: gradient)
        let infos = Dictionary(uniqueKeysWithValues: layout.tensors.map { ($0.name, $0) })
        let parameters = infos.mapValues(tape.parameter)
        // A name that is missing reads as the first input; its shape then fails the operation's own checks.
        let output = operation(tape) { parameters[$0] ?? tape.parameter(layout.tensors[0]) }
        let result = Array(UnsafeBufferPointer(start: output.data, count: output.rows * output.columns))
        let (target, _) = output.gradientTarget()
        let direction = result.map { _ in Float(stream.normal()) }
        target.update(from: direction, count: direction.count)
        tape.backward()

        var content = infos.mapValues { info in values.buffer[info.range].map(Double.init) }
        func expected() -> [Double] { reference { content[$0] ?? [] } }
        let close = compare(result.map(Double.init), expected(), absolute: 2e-5, relative: 1e-5, name: name)
        #expect(close.isClose, "\(close)")

        func loss() -> Double { zip(expected(), direction).reduce(0) { $0 + $1.0 * Double($1.1) } }
        for info in layout.tensors {
            var slopes: [Double] = []
            for i in 0..<info.count {
                let value = content[info.name]?[i] ?? 0
                let h = 1e-5
                content[info.name]?[i] = value + h
                let above = loss()
                content[info.name]?[i] = value - h
                slopes.append((above - loss()) / (2 * h))
                content[info.name]?[i] = value
            }
            let actual = gradient.buffer[info.range].map(Double.init)
            // Float32 sums of a few hundred terms of size one.
            let agree = compare(actual, slopes, absolute: 1e-4, relative: 1e-4, name: "d\(info.name)")
            #expect(agree.isClose, "\(name) \(agree)")
        }
    }
}

/// The rows of sequences that lie end to end.
func spans(_ starts: [Int]) -> [AttentionSpan] {
    zip(starts, starts.dropFirst()).map { AttentionSpan(rows: $0..<$1) }
}
