import CKernels
import LinearAlgebra

// The table is written once, before its first use, and its functions keep no state.
/// Element-wise kernels for the best vector instructions that this machine has.
nonisolated(unsafe) let kernels: ds_kernels = ds_kernels_best().pointee

/// Elements of a long buffer that are worth a block of their own in a parallel loop.
let elementGrain = 16_384

/// Rows a block, so that a block of a parallel loop over rows of `columns` floats is worth its start.
func rowGrain(_ columns: Int) -> Int { max(1, elementGrain / max(columns, 1)) }

/// `sums += Σ rows of x`, `x` of shape `(rows, columns)`.
///
/// Partial sums over blocks of 128 rows are added in order, so the result does not depend on the number of threads.
func addRowSums(
    _ x: UnsafePointer<Float>, rows: Int, columns: Int, to sums: UnsafeMutablePointer<Float>, _ workspace: Workspace
) {
    addPartialSums(rows: rows, columns: columns, to: sums, workspace) { range, partial in
        kernels.add_rows(x + range.lowerBound * columns, partial, range.count, columns)
    }
}

/// Adds to `sums`, `(columns)`, what `body` adds to a zeroed partial sum for each block of 128 rows, in order.
func addPartialSums(
    rows: Int, columns: Int, to sums: UnsafeMutablePointer<Float>, _ workspace: Workspace,
    _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
) {
    let size = 128
    let blocks = (rows + size - 1) / size
    let partials = workspace.take(blocks * columns)
    partials.pointer.update(repeating: 0, count: blocks * columns)
    parallelFor(blocks, grain: max(1, rowGrain(columns) / size)) { range in
        for block in range {
            body(block * size..<min(rows, (block + 1) * size), partials.pointer + block * columns)
        }
    }
    kernels.add_rows(partials.pointer, sums, blocks, columns)
}
