# The app for a plant server or for Hugging Face Spaces: serving only, without torch.
#   docker build -t casting-quality-control .
#   docker run -p 8501:8501 -v quality-data:/data casting-quality-control
FROM python:3.12-slim

# Spaces and most servers run containers as user 1000, never as root.
RUN useradd --create-home --uid 1000 quality && mkdir /data && chown quality /data
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY --chown=quality .streamlit .streamlit
COPY --chown=quality streamlit_app.py ./
COPY --chown=quality core core
COPY --chown=quality db db
COPY --chown=quality models models
COPY --chown=quality services services
COPY --chown=quality cli cli
COPY --chown=quality pages pages

USER quality
# What is written anywhere else goes with the container.
ENV DATABASE_URL=sqlite:////data/qc.db \
    SPOOL_FOLDER=/data/spool \
    PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8501
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=5)"]
# Spaces says under which name the app is reached; elsewhere say it with
# -e STREAMLIT_BROWSER_SERVER_ADDRESS=quality.plant.example.
CMD ["sh", "-c", "exec env ${SPACE_HOST:+STREAMLIT_BROWSER_SERVER_ADDRESS=$SPACE_HOST} streamlit run streamlit_app.py --server.headless=true --server.address=0.0.0.0 --server.port=8501"]
