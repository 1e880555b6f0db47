/// A matrix that the network makes on its way, and its gradient in the backward pass.
package final class Activation {
    /// Number of rows: tokens, or the positions asked for.
    package let rows: Int
    package let columns: Int
    /// Whether it depends on a trained parameter.
    package let needsGradient: Bool
    private let workspace: Workspace
    private var block: Block?
    private var gradientBlock: Block?
    /// Computes the content again from what it was made of.
    private let recompute: ((UnsafeMutablePointer<Float>) -> Void)?

    /// - Parameter block: the content; nil takes memory for it.
    init(
        rows: Int, columns: Int, needsGradient: Bool, _ workspace: Workspace, block: Block? = nil,
        recompute: ((UnsafeMutablePointer<Float>) -> Void)? = nil
    ) {
        self.rows = rows
        self.columns = columns
        self.needsGradient = needsGradient
        self.workspace = workspace
        self.recompute = recompute
        self.block = block ?? workspace.take(rows * columns)
    }

    /// The same content with a gradient of its own.
    convenience init(contentOf other: Activation) {
        _ = other.data  // computed again if it was dropped
        self.init(
            rows: other.rows, columns: other.columns, needsGradient: other.needsGradient, other.workspace,
            block: other.block)
    }

    /// Number of elements.
    var count: Int { rows * columns }

    /// The content, `(rows, columns)`; computed again if it was dropped.
    package var data: UnsafeMutablePointer<Float> {
        if let block { return block.pointer }
        let fresh = workspace.take(count)
        precondition(recompute != nil, "only what can be computed again is dropped")
        recompute?(fresh.pointer)
        block = fresh
        return fresh.pointer
    }

    /// Gives the content's memory back if it can be computed again; called by the one operation that reads it.
    func dropIfCheap() { if recompute != nil { block = nil } }

    /// Where an operation writes its part of this gradient: added to what is there, or written over memory of any
    /// content when it is the first.
    package func gradientTarget() -> (pointer: UnsafeMutablePointer<Float>, accumulate: Bool) {
        if let gradientBlock { return (gradientBlock.pointer, true) }
        let fresh = workspace.take(count)
        gradientBlock = fresh
        return (fresh.pointer, false)
    }

    /// The gradient, complete once every reader of this activation has run backward; nil when none contributed.
    var gradient: UnsafeMutablePointer<Float>? { gradientBlock?.pointer }

    /// Adds another activation's complete gradient to this one's by taking over its memory where possible.
    func inheritGradient(of other: Activation) {
        guard needsGradient, let inherited = other.gradientBlock else { return }
        if let mine = gradientBlock {
            kernels.axpy(1, inherited.pointer, mine.pointer, count)
        } else {
            gradientBlock = inherited
            other.gradientBlock = nil
        }
    }

    /// Gives the gradient's memory back; called by the operation that made this activation, when it is done.
    func dropGradient() { gradientBlock = nil }
}
