import LanguageModel
import RunStore

extension RunWriter {
    /// Writes a snapshot of a model: its input embeddings, and its output embeddings where they are another matrix.
    public func writeSnapshot(of model: TransformerModel, step: Int, label: String) throws {
        let (input, output) = (model.inputEmbedding, model.outputEmbedding)
        let values = UnsafePointer(model.values.pointer)
        try writeSnapshot(
            step: step, label: label, rows: input.shape[0], dimensions: input.shape[1], input: values + input.offset,
            output: model.hasTiedEmbeddings ? nil : values + output.offset)
    }
}
