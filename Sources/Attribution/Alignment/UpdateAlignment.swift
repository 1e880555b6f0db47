import Evaluate
import LanguageModel
import LinearAlgebra
import Records

extension AlignmentTable {
    /// Sum of the components' path integrals, which ``exact`` should be.
    package var path: Double { components.reduce(0) { $0 + $1.path } }
}

/// Measures the alignment of one update with many biases.
///
/// Memory: two models' worth beside the update's two; a summand of the update is read where it is wanted, and let go of.
package final class AlignmentMeasure {
    /// What the measures of all biases rest on.
    private struct Common {
        /// ‖Δθ‖ of each tensor.
        let norms: [Double]
        /// The gradient of neutral text, laid out as the update's models.
        let neutral: FloatBuffer
        let neutralSquare: Double
        let deltaSquare: Double
        let deltaNeutral: Double
    }

    /// Reads a summand of Δθ, laid out as the update's models or, for tied ones, as the tied model, whose one matrix then
    /// stands for both sides; nil for none.
    package typealias Summand = () throws -> FloatBuffer?

    private let update: ParameterUpdate
    /// Whether the two embeddings of the update's untied models stand for one tied matrix.
    private let isTied: Bool
    private let text: PerplexityText
    private let neutralTokens: Int
    private let summands: [Summand]
    private let folder: String?
    private var common: Common?

    /// - Parameters:
    ///   - update: of untied models.
    ///   - isTied: whether the models were tied before.
    ///   - neutral: neutral text.
    ///   - neutralTokens: where its gradient's share of it is cut, after a whole sequence.
    ///   - summands: what forget term, retain term and weight decay did, in this order; none without a decomposition.
    ///   - folder: where what is seldom looked at lies; nil keeps it in memory.
    package init(
        _ update: ParameterUpdate, isTied: Bool, neutral: PerplexityText, neutralTokens: Int = 8192,
        summands: [Summand] = [], folder: String? = nil
    ) {
        precondition(!update.before.hasTiedEmbeddings, "untie the models first")
        self.update = update
        self.isTied = isTied
        self.folder = folder
        text = neutral
        self.neutralTokens = neutralTokens
        self.summands = summands
    }

    /// The alignment with one bias, and the path gradient ḡ that it rests on, laid out as the update's untied models.
    ///
    /// - Parameters:
    ///   - start: ∇B(θ0), laid out so as well; only read.
    ///   - change: B(θ1) − B(θ0) as scored, which the path integral should give.
    ///   - nodes: of the quadrature, the start among them.
    ///   - progress: called after every further node with the number done; what it throws ends the work.
    /// - Throws: what `progress` and the reading of a summand throw; `UnfinishedError` when the disk has no room.
    package func measure(
        _ objective: BiasObjective, from start: FloatBuffer, change: Double, of domain: String, on benchmark: String,
        nodes: Int = 5, progress: (Int) throws -> Void = { _ in }
    ) throws -> (alignment: AlignmentTable, pathGradient: FloatBuffer) {
        let model = update.before
        var components: [AlignedComponent] = []
        // The component of each tensor.
        var place: [Int] = []
        for tensor in model.layout.tensors {
            let name = ModelComponent(tensor, of: model).rawValue
            let known = components.firstIndex { $0.component == name && $0.layer == tensor.layer }
            if known == nil {
                components.append(AlignedComponent(component: name, layer: tensor.layer, start: 0, path: 0, norm: 0))
            }
            place.append(known ?? components.count - 1)
        }
        let products = update.products(with: start)
        for (tensor, product) in products.enumerated() { components[place[tensor]].start += product }
        let common = try self.common ?? measureCommon()
        self.common = common
        let cosines = cosines(start, along: products.reduce(0, +), common)
        var squares = [Double](repeating: 0, count: components.count)
        for (tensor, norm) in common.norms.enumerated() { squares[place[tensor]] += norm * norm }
        for index in components.indices { components[index].norm = squares[index].squareRoot() }
        let gradient = try PathGradient.average(
            update: update, objective: objective, nodes: nodes, start: start, progress: progress)
        for (tensor, product) in update.products(with: gradient).enumerated() {
            components[place[tensor]].path += product
        }
        let terms: [WritableKeyPath<AlignedComponent, Double?>] = [\.forget, \.retain, \.decay]
        for (term, read) in zip(terms, summands) {
            let found = try read().map { self.products(gradient, with: $0) }
            for tensor in place.indices {
                let known: Double? = components[place[tensor]][keyPath: term]
                components[place[tensor]][keyPath: term] = (known ?? 0) + (found?[tensor] ?? 0)
            }
        }
        let alignment = AlignmentTable(
            benchmark: benchmark, domain: domain, components: components, exact: change, nodes: nodes,
            cosine: cosines.plain, cosineNeutralRemoved: cosines.neutralRemoved)
        return (alignment, gradient)
    }

    /// cos(∇B(θ0), Δθ) over the model's own parameters, where a tied matrix counts once, and the same with the gradient of
    /// neutral text projected out of both.
    ///
    /// - Parameter product: ⟨∇B(θ0), Δθ⟩.
    private func cosines(
        _ start: FloatBuffer, along product: Double, _ common: Common
    ) -> (plain: Double, neutralRemoved: Double) {
        let square = ownProduct(start, start)
        let mixed = ownProduct(start, common.neutral)
        func cosine(_ product: Double, _ a: Double, _ b: Double) -> Double {
            a > 0 && b > 0 ? product / (a * b).squareRoot() : 0
        }
        let (neutralSquare, deltaNeutral) = (common.neutralSquare, common.deltaNeutral)
        return (
            cosine(product, square, common.deltaSquare),
            neutralSquare > 0
                ? cosine(
                    product - mixed * deltaNeutral / neutralSquare, square - mixed * mixed / neutralSquare,
                    common.deltaSquare - deltaNeutral * deltaNeutral / neutralSquare) : 0
        )
    }

    private func measureCommon() throws -> Common {
        let neutral = try PathGradient.neutral(text, model: update.before, maximumTokens: neutralTokens).moved(
            to: folder)
        update.before.releaseWorkingMemory()
        let norms = update.norms()
        let output = update.before.outputEmbedding
        return Common(
            norms: norms, neutral: neutral, neutralSquare: ownProduct(neutral, neutral),
            deltaSquare: zip(update.before.layout.tensors, norms).reduce(0) { sum, next in
                isTied && next.0.offset == output.offset ? sum : sum + next.1 * next.1
            }, deltaNeutral: update.products(with: neutral).reduce(0, +))
    }

    /// ⟨a, b⟩ of two gradients over the model's own parameters: both sides of a tied matrix are added up before.
    private func ownProduct(_ a: FloatBuffer, _ b: FloatBuffer) -> Double {
        let (input, output) = (update.before.inputEmbedding, update.before.outputEmbedding)
        return update.before.layout.tensors.reduce(0) { sum, tensor in
            guard !isTied || tensor.offset != output.offset else { return sum }
            let isShared = isTied && tensor.offset == input.offset
            let shift = output.offset - input.offset
            defer {
                for buffer in [a, b] {
                    buffer.release(tensor.range)
                    if isShared { buffer.release(output.range) }
                }
            }
            return sum
                + blockSum(tensor.range) { i in
                    isShared
                        ? (a.pointer[i], -a.pointer[i + shift], b.pointer[i], -b.pointer[i + shift])
                        : (a.pointer[i], 0, b.pointer[i], 0)
                }
        }
    }

    /// ⟨gradient, summand⟩ of each tensor of the untied layout.
    private func products(_ gradient: FloatBuffer, with summand: FloatBuffer) -> [Double] {
        let model = update.before
        let isUntied = summand.count == gradient.count
        precondition(
            isUntied || summand.count == gradient.count - model.outputEmbedding.count, "summands of another shape")
        return model.layout.tensors.map { tensor in
            // The head of an untied model stands last: all other tensors lie where the tied model has them.
            let isHead = tensor.offset == model.outputEmbedding.offset
            let source = !isUntied && isHead ? model.inputEmbedding.offset : tensor.offset
            return blockSum(0..<tensor.count, gradient.pointer + tensor.offset, summand.pointer + source)
        }
    }
}

extension TransformerModel {
    /// The gradient of this model from that of its ``untied()`` counterpart: of a tied matrix the sum over both sides.
    ///
    /// - Parameter folder: where it lies; nil keeps it in memory.
    /// - Throws: `UnfinishedError` when the disk has no room.
    package func foldedOutputGradient(_ gradient: FloatBuffer, in folder: String? = nil) throws -> FloatBuffer {
        guard hasTiedEmbeddings else { return gradient }
        // The head of an untied model stands last: all other tensors lie where the tied model has them.
        precondition(gradient.count == layout.count + outputEmbedding.count, "no gradient of the untied model")
        let folded = try FloatBuffer(count: layout.count, in: folder)
        let (from, to, head) = (gradient.pointer, folded.pointer, layout.count - inputEmbedding.offset)
        for tensor in layout.tensors {
            let isShared = tensor.offset == inputEmbedding.offset
            FloatBuffer.walk(tensor.range) { part in
                for i in part { to[i] = isShared ? from[i] + from[i + head] : from[i] }
            } then: { part in
                for buffer in [gradient, folded] { buffer.release(part) }
                if isShared { gradient.release(part.lowerBound + head..<part.upperBound + head) }
            }
        }
        return folded
    }
}
