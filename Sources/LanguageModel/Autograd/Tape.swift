import LinearAlgebra

/// A parameter as an operation sees it.
package struct Parameter {
    let values: UnsafePointer<Float>
    /// Where its gradient is added; nil when it is frozen.
    let gradient: UnsafeMutablePointer<Float>?
    /// Shape as in the checkpoint.
    let shape: [Int]

    /// The rows of a matrix from one on: a table whose first rows are not used.
    func rows(from first: Int) -> Parameter {
        let skipped = first * shape[1]
        return Parameter(
            values: values + skipped, gradient: gradient.map { $0 + skipped }, shape: [shape[0] - first, shape[1]])
    }
}

/// Remembers how to go back through the operations of one forward pass.
///
/// An operation is a method in a file of its own: it computes its output and, when a trained parameter comes before
/// it, records one closure that turns the output's gradient into gradients of its inputs. Closures own what they
/// need; running one lets go of it, so memory falls as the pass goes back.
package final class Tape {
    /// Where activations and scratch come from.
    package let workspace: Workspace
    private let values: FloatBuffer
    private let gradient: FloatBuffer?
    private let trainable: ParameterSelection
    private let checkpointsActivations: Bool
    /// Who asks for the gradient of the tokens' vectors.
    let inputGradient: ((_ gradient: UnsafePointer<Float>, _ scale: Float) -> Void)?
    private var steps: [() -> Void] = []

    /// A tape over a model's parameters; without a gradient buffer nothing is recorded.
    ///
    /// - Parameters:
    ///   - checkpointsActivations: makes ``section(_:_:)`` forget what it computed.
    ///   - inputGradient: asks for the gradient of the tokens' vectors: receives that of what the embedding gives,
    ///     `(tokens, C)`, and the factor by which it has scaled the vectors.
    package init(
        _ workspace: Workspace, values: FloatBuffer, gradient: FloatBuffer? = nil,
        trainable: ParameterSelection = .all, checkpointsActivations: Bool = false,
        inputGradient: ((_ gradient: UnsafePointer<Float>, _ scale: Float) -> Void)? = nil
    ) {
        self.checkpointsActivations = checkpointsActivations
        self.inputGradient = inputGradient
        self.workspace = workspace
        self.values = values
        self.gradient = gradient
        self.trainable = trainable
    }

    /// A parameter's values and, when it is trained, its gradient.
    package func parameter(_ info: ParameterInfo) -> Parameter {
        Parameter(
            values: UnsafePointer(values.pointer + info.offset),
            gradient: trainable.contains(info) ? gradient.map { $0.pointer + info.offset } : nil, shape: info.shape)
    }

    /// Memory for an operation's output.
    func output(
        rows: Int, columns: Int, needsGradient: Bool, recompute: ((UnsafeMutablePointer<Float>) -> Void)? = nil
    ) -> Activation {
        workspace.times?.begin()
        return Activation(rows: rows, columns: columns, needsGradient: needsGradient, workspace, recompute: recompute)
    }

    /// Records the backward pass from `output` if it needs one. `step` receives the output's gradient.
    func record(
        _ output: Activation, operation: StaticString = #function,
        _ step: @escaping (UnsafeMutablePointer<Float>) -> Void
    ) {
        let name = { "\(operation)".prefix { $0 != "(" } }
        workspace.times?.end("\(name()) forward")
        guard output.needsGradient else { return }
        steps.append { [workspace] in
            // An output that nothing used has no gradient, and passes none on.
            if let gradient = output.gradient {
                if let times = workspace.times {
                    times.measure("\(name()) backward") { step(gradient) }
                } else {
                    step(gradient)
                }
            }
            output.dropGradient()
        }
    }

    /// A part of the network with one input and one output.
    ///
    /// With activation checkpointing (Chen et al. 2016, arXiv 1604.06174) nothing between the two is kept: the backward pass
    /// computes it again from `x`. Values and gradients are the same bits either way.
    package func section(_ x: Activation, _ body: @escaping (Tape, Activation) -> Activation) -> Activation {
        guard checkpointsActivations, gradient != nil else { return body(self, x) }
        let inside = { [workspace, values, gradient, trainable] in
            Tape(workspace, values: values, gradient: gradient, trainable: trainable)
        }
        // This tape goes with all that it recorded.
        let y = Activation(contentOf: body(inside(), Activation(contentOf: x)))
        record(y) { _ in
            let (tape, input) = (inside(), Activation(contentOf: x))
            let output = body(tape, input)
            output.inheritGradient(of: y)
            tape.backward()
            x.inheritGradient(of: input)
        }
        return y
    }

    /// Goes back through all operations.
    package func backward() { while let step = steps.popLast() { step() } }
}
